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
