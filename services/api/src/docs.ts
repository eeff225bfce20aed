import type swaggerPlugin from '@fastify/swagger';
import type pagePlugin from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

/**
 * Serves the OpenAPI document of the routes that are registered after it, `/docs/json`, and a page to try it, `/docs`.
 * For development: its packages are no part of the production image, and are loaded when asked for.
 * @throws Error when they are not installed
 */
export function serveDocs(app: FastifyInstance): void {
  const { swagger, page } = load();
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Shipments',
        version: '1',
        description: 'Containers on their way from one port to another.',
      },
    },
  });
  app.register(page, { routePrefix: '/docs' });
}

function load(): { swagger: typeof swaggerPlugin; page: typeof pagePlugin } {
  try {
    return {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- not installed in production
      swagger: require('@fastify/swagger') as typeof swaggerPlugin,
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- not installed in production
      page: require('@fastify/swagger-ui') as typeof pagePlugin,
    };
  } catch (error) {
    throw new Error(
      'The packages of /docs are not installed: set NODE_ENV=production, or install the development dependencies',
      { cause: error },
    );
  }
}
