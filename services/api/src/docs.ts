import type swaggerPlugin from '@fastify/swagger';
import type pagePlugin from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

/**
 * Serves the OpenAPI document of the routes that are registered after it, `/docs/json`, and a page to try it, `/docs`.
 * For development: its packages are no part of the image, which says so and does without when it is tried in development.
 */
export function serveDocs(app: FastifyInstance): void {
  const plugins = load();
  if (!plugins) {
    app.log.warn(
      'There is no /docs here: @fastify/swagger is not installed, because this is the image of production',
    );
    return;
  }
  app.register(plugins.swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Shipments',
        version: '1',
        description: 'Containers on their way from one port to another.',
      },
    },
  });
  app.register(plugins.page, { routePrefix: '/docs' });
}

function load(): { swagger: typeof swaggerPlugin; page: typeof pagePlugin } | undefined {
  try {
    return {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- not installed in production
      swagger: require('@fastify/swagger') as typeof swaggerPlugin,
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- not installed in production
      page: require('@fastify/swagger-ui') as typeof pagePlugin,
    };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'MODULE_NOT_FOUND' && /'@fastify\/swagger(-ui)?'/.test(message)) return undefined;
    throw error;
  }
}
