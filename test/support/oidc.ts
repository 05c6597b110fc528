import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** How the provider behaves. */
export interface OidcOptions {
  /** 0: any that is free. */
  port?: number;
  tokenSeconds?: number;
  codeSeconds?: number;
  /** Access tokens that say nothing to anybody else. */
  areTokensOpaque?: boolean;
}

export interface OidcProvider {
  issuer: string;
  port: number;
  /** How often something was granted or refused, by `grant.success:refresh_token` and the like. */
  counts(): Promise<Record<string, number>>;
  stop(): Promise<void>;
}

/** Starts a real OpenID provider (oidc-provider) as a process of its own. */
export async function startOidcProvider(options: OidcOptions = {}): Promise<OidcProvider> {
  const child: ChildProcess = spawn(process.execPath, [join(__dirname, 'oidc-provider.mjs'), JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let complaints = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const issuer = await new Promise<string>((resolve, reject) => {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      const said = /^http:\S+$/m.exec(text);
      if (said) resolve(said[0]);
    });
    child.once('exit', () => {
      reject(new Error(`the provider did not start: ${complaints}`));
    });
  });
  return {
    issuer,
    port: Number(new URL(issuer).port),
    counts: async () => (await fetch(`${issuer}/counts`)).json() as Promise<Record<string, number>>,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

const MOST_PAGES = 12;
const attribute = (tag: string, name: string): string | undefined => new RegExp(`${name}="([^"]*)"`).exec(tag)?.[1];

/** The form of a page, with what is in it already. */
function formIn(page: string): { action: string; fields: Record<string, string> } | undefined {
  const tag = /<form[^>]*>/.exec(page)?.[0];
  if (tag === undefined) return undefined;
  const inputs = [...page.matchAll(/<input[^>]*>/g)].map(([input]) => [attribute(input, 'name'), attribute(input, 'value') ?? ''] as const);
  return {
    action: attribute(tag, 'action') ?? '',
    fields: Object.fromEntries(inputs.flatMap(([name, value]) => (name === undefined ? [] : [[name, value]]))),
  };
}

/**
 * A person at a browser: opens an address, and fills in one page after the other.
 * @param as who logs in
 * @param denies says no at the first question
 * @returns the text of the last page
 */
export async function enterCode(address: string, { as = 'ann', denies = false }: { as?: string; denies?: boolean } = {}): Promise<string> {
  const jar = new Map<string, string>();
  const visit = async (url: string, body?: Record<string, string>): Promise<{ url: string; page: string }> => {
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(body && { method: 'POST', body: new URLSearchParams(body) }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (value === '') jar.delete(name!);
      else jar.set(name!, value!);
    }
    const next = answer.headers.get('location');
    return next === null ? { url, page: await answer.text() } : visit(new URL(next, url).href);
  };
  let { url, page } = await visit(address);
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const form = formIn(page);
    if (!form) return page.replace(/<style>[\s\S]*?<\/style>|<[^>]+>/g, ' ').replace(/\s+/g, ' ');
    const isDenied = denies && 'confirm' in form.fields;
    const answers = { ...('login' in form.fields && { login: as, password: 'x' }), ...(isDenied && { abort: 'yes' }) };
    ({ url, page } = await visit(new URL(form.action, url).href, { ...form.fields, ...answers }));
    if (isDenied) return page;
  }
  throw new Error(`no end after ${MOST_PAGES} pages: ${page.slice(0, 500)}`);
}
