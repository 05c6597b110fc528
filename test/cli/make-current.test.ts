import { WorkerProcess } from '../crash/harness/worker.ts';
import { databaseUrl, describeWithTemporal, freshDir, temporalAddress } from '../support/servers.ts';
import { call } from './command.ts';

describeWithTemporal('make-current', () => {
  test('a worker of a version gets no work until it is the current one', async () => {
    const taskQueue = `current-${process.pid}`;
    const home = await freshDir('current');
    const build = { BREAKWATER_BUILD_ID: '1.2.3' };
    const place = { dir: home, taskQueue, temporalAddress: temporalAddress(), databaseUrl: databaseUrl(), env: build };
    const env = { TEMPORAL_ADDRESS: temporalAddress(), BREAKWATER_TASK_QUEUE: taskQueue, BREAKWATER_DATABASE_URL: databaseUrl() };
    const cli = (args: string[], more: Record<string, string> = {}) => call(args, { env: { ...env, BREAKWATER_HOME: home, ...more } });
    const worker = await WorkerProcess.start(place, 'versioned');
    try {
      const unnamed = await cli(['make-current']);
      expect(unnamed.code).toBe(2);
      expect(unnamed.stderr).toContain('BREAKWATER_BUILD_ID is not set');
      const nobody = await cli(['make-current', '--within', '1ms'], { BREAKWATER_BUILD_ID: 'nobody' });
      expect(nobody.code).toBe(7);
      expect(nobody.stderr).toContain('Version nobody of deployment');
      expect(await cli(['make-current', '--within', '30s'], build)).toMatchObject({ code: 0, stdout: '' });
      expect(await cli(['janitor', '--once'])).toMatchObject({ code: 0 }); // finds the workers, and a workflow runs on them
    } finally {
      await worker.stop();
    }
  }, 240_000);
});
