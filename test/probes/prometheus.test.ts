import { readReply } from '../../src/probes/prometheus.ts';
import { askOnce, portsWith, serve, told } from './world.ts';

const NOW_S = 1_700_000_000;
const vector = (...values: string[]) => ({
  status: 'success',
  data: { resultType: 'vector', result: values.map((v) => ({ metric: {}, value: [NOW_S, v] })) },
});
const reply = (body: unknown, status = 200, headers = {}) =>
  told(
    readReply(
      { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body), sentMs: NOW_S * 1_000, elapsedMs: 1 },
      NOW_S * 1_000,
      300_000,
    ),
  );

test.each([
  [vector('0.25'), 0.25],
  [vector('0'), 0],
  [{ status: 'success', data: { resultType: 'scalar', result: [NOW_S, '3'] } }, 3],
  [vector(), 'no-data: the query gives an empty result'],
  [vector('NaN'), 'no-data: the answer is NaN'],
  [vector('+Inf'), 'error: the answer is infinite'],
  [vector('1', '2'), 'error: the query gives 2 series; aggregate them, for instance with sum(…) or max(…)'],
  [{ status: 'success', data: { resultType: 'matrix', result: [] } }, 'error: the query gives a matrix; expected one series or a scalar'],
  [{ ...vector('1'), warnings: ['store x is down'] }, 'error: Prometheus warns that the answer may be wrong: store x is down'],
  ['<html>502</html>', "error: HTTP 200, expected JSON, got '<html>502</html>'"],
  ['', "error: HTTP 200, expected JSON, got ''"],
  ['{}', "error: HTTP 200, and the answer is not one of a Prometheus query API: '{}'"],
])('%j is %p', (body, expected) => {
  expect(reply(body)).toBe(expected);
});

test('its own error is told', () => {
  expect(reply({ status: 'error', errorType: 'bad_data', error: 'parse error: unexpected )' }, 400)).toBe(
    'error: Prometheus: bad_data: parse error: unexpected )',
  );
});

test('an answer that a cache kept too long is no data, by the clock of the server', () => {
  expect(reply(vector('1'), 200, { date: new Date((NOW_S + 301) * 1_000).toUTCString() })).toBe('no-data: the newest sample is 301 s old');
  expect(reply(vector('1'), 200, { date: new Date((NOW_S + 299) * 1_000).toUTCString() })).toBe(1);
});

test('asks the instant query API below the path prefix', async () => {
  let asked = '';
  const server = await serve((request, response) => {
    asked = request.url ?? '';
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result: [{ value: [Date.now() / 1_000, '4'] }] } }));
  });
  const ports = portsWith();
  try {
    expect(told(await askOnce({ kind: 'prometheus', url: `${server.url}/prom/`, query: 'sum(a{b="c"})', maxAge: '1m' }, ports))).toBe(4);
    const url = new URL(asked, server.url);
    expect(url.pathname).toBe('/prom/api/v1/query');
    expect(Object.fromEntries(url.searchParams)).toEqual({ query: 'sum(a{b="c"})', lookback_delta: '60000ms' });
  } finally {
    await ports.close();
    await server.close();
  }
});
