import pino from 'pino';
import { loadConfig } from '../../dist/config.js';
import { runWorker } from '../../dist/worker.js';

/** The worker as it runs in production: control queue and site queue in one process. */
const config = loadConfig();
await runWorker(config, pino({ level: config.logLevel }, pino.destination(2)), process.env);
