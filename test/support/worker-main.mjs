// Runs a worker of the build in the folder named by the first argument: what `breakwater worker` does, without the command line.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pino from 'pino';

const [, , dist] = process.argv;
const load = (file) => import(pathToFileURL(join(dist, file)).href);
const [{ runWorker }, { loadConfig }] = await Promise.all([load('worker.js'), load('config.js')]);
const config = loadConfig(process.env);
await runWorker(config, pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true })), process.env);
