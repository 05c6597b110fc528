import { BlockList, isIPv4 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../../domain/principal.ts';
import { HttpError } from '../problem.ts';
import { rangeOf, type TrustedProxy } from './access-file.ts';

type Asked = Pick<FastifyRequest, 'headers'> & { socket: Pick<FastifyRequest['socket'], 'remoteAddress'> };

const one = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header.join(',') : header);

/** An IPv4 peer of a socket that speaks both is `::ffff:10.1.2.3`. */
const peerOf = ({ socket }: Asked): string => (socket.remoteAddress ?? '').replace(/^::ffff:(?=[\d.]+$)/, '');

/**
 * Turns what a trusted proxy says into principals. Whoever else sends its header is refused, and not taken for somebody without one.
 * @returns a function that gives undefined when the request has no such header
 */
export function createProxyTrust(proxy: TrustedProxy): (request: Asked) => Principal | undefined {
  const trusted = new BlockList();
  for (const text of proxy.from) {
    const range = rangeOf(text);
    if (range) trusted.addSubnet(range.address, range.prefix, range.family);
  }
  const subjects = new Map(proxy.subjects.map((subject) => [subject.name, subject]));
  return (request) => {
    const name = one(request.headers[proxy.subjectHeader]);
    const device = proxy.deviceHeader === undefined ? undefined : one(request.headers[proxy.deviceHeader]);
    if (name === undefined && device === undefined) return undefined;
    const peer = peerOf(request);
    if (peer === '' || !trusted.check(peer, isIPv4(peer) ? 'ipv4' : 'ipv6'))
      throw new HttpError(401, `the header ${proxy.subjectHeader} is taken from the configured proxy only`);
    const subject = name === undefined ? undefined : subjects.get(name);
    if (!subject) throw new HttpError(401, 'the proxy names nobody who is known here');
    if (proxy.deviceHeader !== undefined && !/^[\x21-\x7e]{1,200}$/.test(device ?? ''))
      throw new HttpError(401, `the proxy names no device (header ${proxy.deviceHeader})`);
    return {
      subject: `proxy:${subject.name}`,
      kind: subject.kind,
      grants: subject.grants,
      ...(device !== undefined && { device: { id: device } }),
    };
  };
}
