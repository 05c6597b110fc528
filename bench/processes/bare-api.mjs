import { fastify } from 'fastify';

/** The floor of any API on Fastify: one route that answers what it has, as large as a run. Listens on 127.0.0.1:PORT. */
const app = fastify();
const answer = { run: { workflowId: 'bench', text: 'x'.repeat(Number(process.env.BARE_BYTES ?? 1_500)) } };
app.get('/run', () => answer);
await app.listen({ host: '127.0.0.1', port: Number(process.env.BARE_PORT) });
