import type { SwaggerTransformObject } from '@fastify/swagger';

/** The frame of the description; the routes fill it. */
export const openApi = {
  openapi: '3.1.0',
  info: {
    title: 'Breakwater',
    version: '1',
    description:
      'Hypothesis-driven process-killing experiments. Errors are problems (RFC 9457). What is not the business of a principal is a 404, the same as what is not there.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  components: {
    securitySchemes: {
      bearer: { type: 'http' as const, scheme: 'bearer', description: 'a token of a known issuer (JWT), an API key, or the shared token' },
    },
  },
  security: [{ bearer: [] }],
  tags: ['runs', 'steering', 'halt', 'schedules', 'learning', 'policy', 'audit', 'service'].map((name) => ({ name })),
};

interface Operation {
  requestBody?: { required?: boolean; content: Record<string, { schema?: { anyOf?: { type?: string }[] } }> };
}

/** A body that may be null may be left out; the plugin calls every body required. */
function markOptional({ requestBody }: Operation): void {
  const schemas = Object.values(requestBody?.content ?? {}).map(({ schema }) => schema);
  if (requestBody && schemas.some((schema) => schema?.anyOf?.some(({ type }) => type === 'null'))) requestBody.required = false;
}

/** The last word on the description. */
export const completeOpenApi: SwaggerTransformObject = (given) => {
  if (!('openapiObject' in given)) throw new Error('the description is OpenAPI 3');
  for (const path of Object.values(given.openapiObject.paths ?? {}))
    for (const operation of Object.values(path ?? {})) if (typeof operation === 'object') markOptional(operation as Operation);
  return given.openapiObject;
};
