// A real OpenID provider in a process of its own, on this machine only. Its settings are the first argument, JSON; the first line it writes is where it is.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const { port = 0, tokenSeconds = 300, codeSeconds = 120, areTokensOpaque = false } = JSON.parse(process.argv[2] ?? '{}');
const RESOURCE = 'https://breakwater.example.com';

const server = createServer();
await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'breakwater-cli',
      client_name: 'Breakwater',
      token_endpoint_auth_method: 'none',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      response_types: [],
      redirect_uris: [],
      application_type: 'native',
    },
    { client_id: 'no-devices', token_endpoint_auth_method: 'none', redirect_uris: ['https://example.com/back'] },
  ],
  scopes: ['openid', 'offline_access', 'runs'],
  claims: { openid: ['sub', 'groups'] },
  conformIdTokenClaims: false,
  findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub, groups: sub === 'stranger' ? [] : ['sre'] }) }),
  // A refresh token counts once: used again, all that came of the login is void.
  rotateRefreshToken: true,
  issueRefreshToken: (_ctx, client, code) => client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
  extraTokenClaims: (_ctx, { accountId }) => ({ groups: accountId === 'stranger' ? [] : ['sre'] }),
  ttl: {
    AccessToken: tokenSeconds,
    IdToken: tokenSeconds,
    DeviceCode: codeSeconds,
    RefreshToken: 3_600,
    Grant: 3_600,
    Session: 3_600,
    Interaction: 600,
  },
  features: {
    deviceFlow: { enabled: true },
    revocation: { enabled: true },
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: !areTokensOpaque,
      defaultResource: () => RESOURCE,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'runs',
        audience: 'breakwater',
        accessTokenTTL: tokenSeconds,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
});
// What happens at which time, for tests that ask how often.
const counts = {};
for (const event of ['grant.success', 'grant.error', 'grant.revoked'])
  provider.on(event, (ctx) => {
    const name = event === 'grant.revoked' ? event : `${event}:${ctx.oidc.params?.grant_type ?? ''}`;
    counts[name] = (counts[name] ?? 0) + 1;
  });
const handle = provider.callback();
server.on('request', (request, response) => {
  if (request.url === '/counts') response.setHeader('content-type', 'application/json').end(JSON.stringify(counts));
  else handle(request, response);
});
process.stdout.write(`${issuer}\n`);
process.on('disconnect', () => process.exit(0));
