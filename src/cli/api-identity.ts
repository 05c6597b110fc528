import type { Config } from '../config.ts';

/**
 * The token or key with which the command line goes to the API at this address. The one place where it is obtained, before each request. Secret.
 * @returns undefined when there is none: an API without identities answers its own machine all the same
 */
export const apiIdentity = ({ apiAddress }: Config, _url: string): Promise<string | undefined> => Promise.resolve(apiAddress.identity);
