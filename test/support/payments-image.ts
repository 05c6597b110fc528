import { resolve } from 'node:path';
import { currentBuild } from './build.ts';
import { loadImage } from './cluster-controls.ts';
import { packageItems } from './image-packages.ts';

/** The payments system as an image: `node /app/dist/sandbox/payments/gateway.js`, `…/worker.js`, `…/load.js`; and a shell with pkill. */
export const PAYMENTS_IMAGE = 'localhost/payments:1';

/** What the payments system imports. */
const imported = ['fastify', 'pg', 'pg-boss', 'prom-client', 'zod'];

/** Makes the image of the present build and puts it on every node. */
export async function loadPaymentsImage(): Promise<void> {
  const dist = await currentBuild();
  const files = [`${dist}:/app/dist`, `${resolve('package.json')}:/app/package.json`];
  await loadImage(
    PAYMENTS_IMAGE,
    ['node', '/app/dist/sandbox/payments/gateway.js'],
    ['shell', 'program:node', ...files, ...packageItems(imported)],
  );
}
