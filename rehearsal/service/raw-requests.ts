import { connect } from 'node:net';

import * as fc from 'fast-check';

import type { Answer } from './answer-rules';

const ANSWER_MS = 5_000;
/** Longer than a request of one query takes. */
const PATIENCE_MS = 150;
const SHIPMENT = '{"container":"MSKU1234565","origin":"NLRTM","destination":"SGSIN","weightKg":21000}';
const UNKNOWN = '00000000-0000-4000-8000-000000000000';

/** One of them in place of any byte: what breaks JSON, UTF-8 or a string that goes to PostgreSQL. */
const poison = fc.constantFrom(
  Buffer.from([0x00]),
  Buffer.from([0xff]),
  Buffer.from([0xc0, 0xaf]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xf4, 0x90, 0x80, 0x80]),
  Buffer.from([0xef, 0xbb, 0xbf]),
  ...['\\u0000', '\\ud800', '"', '{', '[', ',', ']', '1e999', '\u2028', "'; drop table shipments; --"].map(
    (text) => Buffer.from(text),
  ),
);

const mutatedJson = fc
  .record({
    at: fc.nat(SHIPMENT.length),
    removed: fc.nat(4),
    inserted: fc.array(poison, { minLength: 1, maxLength: 3 }),
  })
  .map(({ at, removed, inserted }) => {
    const bytes = Buffer.from(SHIPMENT);
    return Buffer.concat([bytes.subarray(0, at), ...inserted, bytes.subarray(at + removed)]);
  });

const oddJson = fc.oneof(
  fc.json().map((text) => Buffer.from(text)),
  fc
    .constantFrom(
      '',
      'null',
      SHIPMENT,
      '[]',
      '"x"',
      '{"__proto__":{"admin":true}}',
      '{"constructor":{"prototype":{}}}',
      `[${SHIPMENT}]`,
      '{'.repeat(5_000),
      `${'['.repeat(4_000)}${']'.repeat(4_000)}`,
    )
    .map((text) => Buffer.from(text)),
  fc
    .record({
      name: fc.constantFrom(
        'container',
        'origin',
        'destination',
        'weightKg',
        'id',
        'other',
        '\u0000',
        '__proto__',
      ),
      value: fc.oneof(
        fc.jsonValue(),
        fc.constantFrom(
          'MSKU1234565\u0000',
          '\u0000',
          'NLRTM\n',
          -1,
          0,
          36_001,
          1.5,
          1e308,
          Number.MAX_SAFE_INTEGER,
        ),
      ),
    })
    .map(({ name, value }) =>
      Buffer.from(JSON.stringify({ ...(JSON.parse(SHIPMENT) as object), [name]: value })),
    ),
);

const brokenBody = fc.oneof(mutatedJson, oddJson).map((body) => post('application/json', body));

const oddType = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(
        'text/plain',
        'application/xml',
        'application/x-www-form-urlencoded',
        'multipart/form-data',
        'multipart/form-data; boundary=x',
        'application/json; charset=utf-16',
        'application/json; charset=',
        'application/json, text/plain',
        'application/jsonx',
        'application/problem+json',
        'application',
        '/',
        '',
      ),
      fc.string({ maxLength: 60 }).map((text) => text.replace(/[^\x20-\x7e]/g, '?')),
    ),
    fc.constantFrom(SHIPMENT, 'a=b', '--x--', '<a/>', ''),
  )
  .map(([type, body]) => post(type, Buffer.from(body)));

/** As a page's cursor is written, but of any time and any id. */
const oddCursor = fc
  .tuple(
    fc.oneof(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.constantFrom(
        '',
        '0',
        '-1',
        '2026',
        '2026-02-30',
        'now',
        'infinity',
        '+275760-09-13T00:00:00.000Z',
        '-000001-01-01',
      ),
      fc.string({ maxLength: 20 }),
    ),
    fc.oneof(fc.constant(UNKNOWN), fc.uuid(), fc.string({ maxLength: 36 })),
  )
  .map((parts) => Buffer.from(parts.join(' ')).toString('base64url'));

const oddUrl = fc
  .tuple(
    fc.constantFrom('GET', 'DELETE', 'HEAD', 'PUT', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'),
    fc.oneof(
      oddCursor.map((cursor) => `/shipments?cursor=${cursor}`),
      fc.webQueryParameters().map((query) => `/shipments?${query}`),
      fc
        .constantFrom('', '0', '101', '1e1', '٣', '%31', '1&limit=2', '[]', '%00')
        .map((limit) => `/shipments?limit=${limit}`),
      fc
        .constantFrom(
          '%00',
          '%zz',
          '%',
          '%ff',
          '%c0%af',
          '..%2f..%2fetc%2fpasswd',
          `${UNKNOWN}%00`,
          `${UNKNOWN}/`,
          'x'.repeat(10_000),
        )
        .map((id) => `/shipments/${id}`),
      fc.constantFrom(
        '//',
        '/../../etc/passwd',
        '*',
        'http://example.com/livez',
        '/livez/',
        '/LIVEZ',
        '/?__proto__[x]=1',
        '?',
        '#',
      ),
      fc.webPath().map((path) => path || '/'),
    ),
  )
  .map(([method, url]) => plain(`${method} ${url} HTTP/1.1`));

const oddHeader = fc
  .oneof(
    fc.tuple(
      fc.constantFrom(
        'x-request-id',
        'accept',
        'accept-encoding',
        'authorization',
        'cookie',
        'origin',
        'range',
        'if-match',
      ),
      fc.oneof(
        fc.constantFrom('a b', '\u0001', '\u007f', 'é', '\x00', '${jndi:x}', ' ', ',,,'),
        fc.string({ maxLength: 80 }),
      ),
    ),
    fc.constantFrom(
      ['x-large', 'x'.repeat(20_000)],
      ['expect', '100-continue'],
      ['expect', 'anything'],
      ['upgrade', 'websocket'],
      ['upgrade', 'h2c'],
      ['connection', 'upgrade'],
      ['accept-version', '9.9.9'],
      ['bad name', 'x'],
      ['', 'x'],
      ['host', ''],
      ['host', 'evil\u0000'],
      ['x-http-method-override', 'DELETE'],
    ),
  )
  .map(([name, value]) => plain(`GET /shipments HTTP/1.1\r\n${name}: ${value}`));

const oddFraming = fc
  .constantFrom(
    'Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}',
    'Content-Length: -1\r\n\r\n{}',
    'Content-Length: 1e3\r\n\r\n{}',
    'Content-Length: 99999999999999999999\r\n\r\n{}',
    'Content-Length: 100\r\n\r\n{}',
    'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n',
    'Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n',
    'Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}',
    'Transfer-Encoding: chunked\r\n\r\n2\r\n{}0\r\n\r\n',
    'Transfer-Encoding: chunked\r\n\r\n2\r\n{}',
    'Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    'Transfer-Encoding: identity\r\n\r\n{}',
    'Transfer-Encoding: xchunked\r\n\r\n{}',
    ' folded: x\r\n\r\n',
    'no colon\r\n\r\n',
    '',
  )
  .chain((rest) =>
    fc
      .constantFrom('POST /shipments', 'GET /shipments', 'DELETE /livez')
      .map((start) =>
        Buffer.from(`${start} HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\n${rest}`, 'latin1'),
      ),
  );

const oddLine = fc
  .constantFrom(
    'GET /livez',
    'GET /livez HTTP/9.9',
    'GET /livez HTTP/1.0',
    'GET /livez HTTP/2.0',
    'get /livez HTTP/1.1',
    'FETCH /livez HTTP/1.1',
    'CONNECT api:443 HTTP/1.1',
    'GET  /livez HTTP/1.1',
    'GET /li vez HTTP/1.1',
    'GET /\u00ff\u00fe HTTP/1.1',
    'GET /livez\u0000 HTTP/1.1',
    'PRI * HTTP/2.0',
    '\u0016\u0003\u0001\u0002',
  )
  .map(plain);

const hugeBody = fc
  .tuple(fc.constantFrom(16_385, 100_000, 2_000_000), fc.boolean())
  .map(([length, chunked]) => {
    const body = Buffer.from(JSON.stringify({ container: 'x'.repeat(length) }));
    if (!chunked) return post('application/json', body);
    const head =
      'POST /shipments HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    return Buffer.concat([
      Buffer.from(`${head}${body.length.toString(16)}\r\n`),
      body,
      Buffer.from('\r\n0\r\n\r\n'),
    ]);
  });

/** The bytes of a request, most of them wrong in one respect. */
export const rawRequest: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 3, arbitrary: brokenBody },
  { weight: 2, arbitrary: oddType },
  { weight: 3, arbitrary: oddUrl },
  { weight: 2, arbitrary: oddHeader },
  { weight: 2, arbitrary: oddFraming },
  { weight: 1, arbitrary: oddLine },
  { weight: 1, arbitrary: hugeBody },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  },
);

function post(type: string, body: Buffer): Buffer {
  const head = `POST /shipments HTTP/1.1\r\nHost: api\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

function plain(start: string): Buffer {
  return Buffer.from(`${start}\r\nHost: api\r\n\r\n`, 'latin1');
}

/**
 * Sends the bytes on a connection of their own, waits for the answer, ends its side, and reads to the end of the other. The
 * end comes when there is an answer, or when none has come for a while, as to a request that is not whole: one that came
 * before would make the server drop what it is still working at.
 * @returns every response; none when the server just closed
 * @throws Error when it neither answers nor closes in time, or answers what is no HTTP
 */
export async function sendRaw(port: number, bytes: Buffer): Promise<readonly Answer[]> {
  const received = await new Promise<string>((resolve, reject) => {
    let text = '';
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).setEncoding('latin1');
    const limit = setTimeout(() => {
      socket.destroy();
      reject(new Error(`neither answered nor closed within ${ANSWER_MS / 1_000} s`));
    }, ANSWER_MS);
    const patience = setTimeout(() => socket.end(), PATIENCE_MS);
    socket.on('data', (chunk: string) => {
      text += chunk;
      // 100 Continue is followed by the answer.
      if (text.includes('\r\n\r\n') && !text.startsWith('HTTP/1.1 100 ')) socket.end();
    });
    // A server may close while it is still being written to; what it has said until then counts.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      clearTimeout(limit);
      clearTimeout(patience);
      resolve(text);
    });
    socket.once('end', () => socket.end());
    socket.write(bytes);
  });
  return parseAnswers(received, bytes.toString('latin1').split(' ')[0] ?? '');
}

function parseAnswers(text: string, method: string): Answer[] {
  const answers: Answer[] = [];
  for (let rest = text; rest !== '';) {
    const end = rest.indexOf('\r\n\r\n');
    const [start = '', ...lines] = rest.slice(0, Math.max(end, 0)).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(start)?.[1]);
    if (end < 0 || Number.isNaN(status))
      throw new Error(`no HTTP response: ${JSON.stringify(rest.slice(0, 200))}`);
    const headers = new Map(
      lines.map((line) => {
        const [name = '', ...value] = line.split(':');
        return [name.toLowerCase(), value.join(':').trim()];
      }),
    );
    const after = rest.slice(end + 4);
    // A response to HEAD has a length and no body; a refusal of what is no HTTP has one, whatever the method was to be.
    const hasBody = method !== 'HEAD' || after.startsWith('{');
    const length = hasBody ? Number(headers.get('content-length') ?? 0) : 0;
    const body = after.slice(0, length);
    rest = after.slice(length);
    if (status >= 200)
      answers.push({ status, headers, body: Buffer.from(body, 'latin1').toString('utf8'), method });
  }
  return answers;
}
