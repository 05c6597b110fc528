import { lookup as lookUp, type LookupAddress } from 'node:dns';
import { Agent as HttpAgent, type AgentOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';

/**
 * Where clouds hand out a machine's credentials to whoever asks from it: no experiment has business there, whoever wrote it.
 * Link-local addresses, and the few that are somewhere else (AWS by IPv6, Alibaba, Oracle, Azure), also by way of NAT64.
 */
const forbidden = new BlockList();
forbidden.addSubnet('169.254.0.0', 16);
forbidden.addSubnet('fe80::', 10, 'ipv6');
forbidden.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
forbidden.addAddress('fd00:ec2::254', 'ipv6');
for (const address of ['100.100.100.200', '192.0.0.192', '168.63.129.16']) forbidden.addAddress(address);

/** Whether an address belongs to a cloud's metadata, or to the link. */
export const isMetadata = (address: string): boolean => {
  const [plain = ''] = address.replace(/^\[|\]$/g, '').split('%');
  return isIP(plain) !== 0 && forbidden.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
};

const refusal = (host: string): Error => new Error(`${host} is a link-local or cloud metadata address: nothing is asked there`);

/** Resolves a name, and refuses it when any of its addresses is forbidden: what is connected to is what was looked at. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookUp(hostname, options, (error, found: string | LookupAddress[], family?: number) => {
    const addresses = typeof found === 'string' ? [found] : (found ?? []).map(({ address }) => address);
    if (!error && addresses.some(isMetadata)) callback(refusal(hostname), '', 0);
    else callback(error, found, family);
  });
};

type Connect = InstanceType<typeof HttpAgent>['createConnection'];

/** An address that is written as a number is never looked up: it is refused where the connection is made, also after a redirect. */
function guardNumbers(agent: HttpAgent): void {
  const connect = agent.createConnection.bind(agent);
  const guarded: Connect = (options, callback) => {
    const host = options.host ?? '';
    if (!isMetadata(host)) return connect(options, callback);
    process.nextTick(() => callback?.(refusal(host), undefined as never));
    return undefined;
  };
  agent.createConnection = guarded;
}

/** Agents that connect anywhere but there. */
export function guardedAgents(options: AgentOptions): { http: HttpAgent; https: HttpsAgent } {
  const agents = {
    http: new HttpAgent({ ...options, lookup: guardedLookup }),
    https: new HttpsAgent({ ...options, lookup: guardedLookup }),
  };
  guardNumbers(agents.http);
  guardNumbers(agents.https);
  return agents;
}
