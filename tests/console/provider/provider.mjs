// A certified OpenID provider, with access tokens as Rapport's services want them. Whoever signs in as `manager.mira`
// has the role manager. Its own forms for signing in and consenting are those that it brings for development.
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const [port, redirectUri, signedOutUri, tokenSeconds] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;
const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });

const provider = new Provider(issuer, {
  clients: [
    { client_id: 'rapport-console', token_endpoint_auth_method: 'none' },
    { client_id: 'rapport-server', token_endpoint_auth_method: 'client_secret_basic', client_secret: 'se:cret/+%' },
  ].map((client) => ({
    ...client,
    redirect_uris: [redirectUri],
    post_logout_redirect_uris: [signedOutUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  })),
  jwks: { keys: [{ ...key, use: 'sig', alg: 'RS256', kid: 'test' }] },
  cookies: { keys: ['only for tests'] },
  claims: { openid: ['sub'], profile: ['name'] },
  conformIdTokenClaims: false,
  findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, name: `Person ${id}` }) }),
  extraTokenClaims: (_, token) => ({ roles: token.accountId?.includes('.') ? [token.accountId.split('.')[0]] : [] }),
  issueRefreshToken: async () => true,
  ttl: { AccessToken: Number(tokenSeconds), RefreshToken: 3600, IdToken: 3600, Interaction: 600, Session: 3600, Grant: 3600 },
  features: {
    devInteractions: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'https://rapport.test/api',
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'openid profile', audience: 'rapport', accessTokenFormat: 'jwt', accessTokenTTL: Number(tokenSeconds),
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
});
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
