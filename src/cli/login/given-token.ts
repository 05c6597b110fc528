import type { Terminal } from '../terminal.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { asToken, type Login } from './login-file.ts';

const MOST = 32_768;

/**
 * Reads a token or an API key from stdin. Arguments are seen by everybody on a machine.
 * @throws CliError when nobody pipes one in, or it is none
 */
export async function givenToken({ isInteractive }: Terminal, stdin: NodeJS.ReadStream = process.stdin): Promise<Login> {
  if (isInteractive || stdin.isTTY)
    throw new CliError(
      EXIT.usage,
      '--with-token reads from stdin, and a terminal would show what you type.',
      'Pipe it in: breakwater login --with-token --api URL < token-file',
    );
  let text = '';
  for await (const piece of stdin.setEncoding('utf8')) if ((text += piece as string).length > MOST) break;
  const token = asToken(text.trim());
  if (token === undefined)
    throw new CliError(
      EXIT.usage,
      'What came on stdin is no token: expected one of 1 to 16,384 printable characters, without blanks.',
      'Pipe the token or the API key in, and nothing else.',
    );
  return { kind: 'given', token, savedAtMs: Date.now() };
}
