import { TestEnvironment } from 'jest-environment-node';
import type { PGlite, PGliteOptions } from '@electric-sql/pglite' with { 'resolution-mode': 'import' };

/**
 * Jest runs tests in a context of its own, which refuses the dynamic imports that PGlite loads itself with. This file
 * runs outside of it and hands the tests the one function they need.
 */
export default class PGliteEnvironment extends TestEnvironment {
  public override async setup(): Promise<void> {
    await super.setup();
    this.global['createPGlite'] = async (options: PGliteOptions): Promise<PGlite> => {
      const { PGlite } = await import('@electric-sql/pglite');
      return PGlite.create(options);
    };
  }
}

declare global {
  var createPGlite: (options: PGliteOptions) => Promise<PGlite>;
}
