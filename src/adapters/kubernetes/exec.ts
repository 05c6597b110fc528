import { PassThrough } from 'node:stream';
import { Exec, type KubeConfig, type V1Status } from '@kubernetes/client-node';
import { KubernetesError, type ContainerCommand, type ContainerCommandResult } from '../../domain/kubernetes/port.ts';

/** The part of a web socket that is used here: its types are in a package of their own. */
interface Socket {
  onclose: unknown;
  readonly readyState: number;
  readonly CLOSED: number;
  close(): void;
}

const MAX_OUTPUT_BYTES = 256 * 1024;

/** Collects a stream's beginning. */
function collect(stream: PassThrough): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    if (size < MAX_OUTPUT_BYTES) chunks.push(chunk);
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8').slice(0, MAX_OUTPUT_BYTES);
}

/** What the end of a command says: https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apimachinery/pkg/util/remotecommand/constants.go. */
function endOf(status: V1Status): Pick<ContainerCommandResult, 'exitCode' | 'failure'> {
  if (status.status === 'Success') return { exitCode: 0 };
  const code = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  if (code !== undefined && /^\d+$/.test(code)) return { exitCode: Number(code) };
  return { exitCode: null, failure: (status.message ?? 'failed without a message').slice(0, 500) };
}

/** Runs a program in a container over a web socket. A connection that breaks without a status says nothing about the program. */
export const createExec = (config: KubeConfig) =>
  async function exec(
    { namespace, pod, container, argv, timeoutMs }: ContainerCommand,
    signal: AbortSignal,
  ): Promise<ContainerCommandResult> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const [out, err] = [collect(stdout), collect(stderr)];
    const what = `exec in ${namespace}/${pod} (${container})`;
    let end: Pick<ContainerCommandResult, 'exitCode' | 'failure'> | undefined;
    deadline.throwIfAborted();
    // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- the library gives a type of a package without types of its own
    const opening: Promise<Socket> = new Exec(config).exec(
      namespace,
      pod,
      container,
      [...argv],
      stdout,
      stderr,
      null,
      false,
      (status) => (end = endOf(status)),
    );
    const abandoned = new Promise<never>((_, reject) =>
      deadline.addEventListener('abort', () => reject(tooLate(what, timeoutMs)), { once: true }),
    );
    abandoned.catch(() => undefined);
    const socket = await Promise.race([opening, abandoned]).catch((error: unknown) => {
      void opening.then((late) => late.close()).catch(() => undefined);
      signal.throwIfAborted();
      throw error instanceof KubernetesError ? error : refused(what, error);
    });
    try {
      const closed = new Promise<void>((resolve) => {
        socket.onclose = () => resolve();
        if (socket.readyState === socket.CLOSED) resolve();
      });
      await Promise.race([closed, abandoned]);
      return { exitCode: null, ...end, stdout: out(), stderr: err() };
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      socket.close();
    }
  };

const tooLate = (what: string, timeoutMs: number) => new KubernetesError(`${what}: no end within ${timeoutMs} ms`, 0, 'NoAnswer');

/** The handshake's answer has a status and no body that anybody kept. */
function refused(what: string, error: unknown): KubernetesError {
  const { message } = error as { message?: unknown };
  const status = Number(/response: (\d{3})/.exec(typeof message === 'string' ? message : '')?.[1] ?? 0);
  const why = status === 403 ? ': the verbs get and create on pods/exec are needed' : '';
  return new KubernetesError(
    `${what} was refused${status === 0 ? '' : ` with ${status}`}${why}`,
    status,
    status === 403 ? 'Forbidden' : '',
  );
}
