import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { chromium, type BrowserContext } from 'playwright-core';

import { ledgerDigest, ledgerOf } from '../changes/ledger';
import { readPlan } from '../changes/read-plan';
import { githubHtml } from './github-markdown';
import { renderPage } from './page';
import { renderSummary, type StackResult, type SummaryMeta } from './render';

/**
 * Takes the pictures of docs/screenshots: comments as GitHub shows them, and the full page, in both themes. Also checks that
 * the page asks the network for nothing, logs no error, and fits a phone and a wide screen. For maintainers, on Debian:
 *
 *   apt-get install --no-install-recommends chromium pngquant fonts-noto-color-emoji fonts-dejavu fonts-liberation
 *   node -r tsx/cjs workflows-src/comment/screenshots.ts
 */
async function main(): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'fairlead-screenshots-'));
  mkdirSync(PICTURES, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: FLAGS,
  });
  try {
    for (const theme of THEMES) {
      const context = await browser.newContext({
        colorScheme: theme,
        deviceScaleFactor: 1.5,
        offline: true,
        viewport: { width: 1000, height: MOST_HEIGHT },
      });
      for (const [name, markdown] of COMMENTS)
        await shoot(context, join(work, 'comment.html'), commentPage(markdown, theme), `${name}-${theme}`);
      await shoot(context, join(work, 'page.html'), PAGE, `page-${theme}`);
      await context.close();
    }
    const wrong: string[] = [];
    for (const width of [400, 1600]) {
      const context = await browser.newContext({ viewport: { width, height: 900 } });
      wrong.push(
        ...(await problemsOf(context, join(work, 'page.html'))).map((one) => `${width} pixels: ${one}`),
      );
      await context.close();
    }
    if (wrong.length > 0) throw new Error(`the page in a window of ${wrong.join('; ')}`);
  } finally {
    await browser.close();
    rmSync(work, { recursive: true });
  }
}

const ROOT = join(__dirname, '../..');
const PICTURES = join(ROOT, 'docs/screenshots');
const THEMES = ['light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

/** A picture ends here, however long the comment is. In CSS pixels. */
const MOST_HEIGHT = 1060;
const MOST_BYTES = 250_000;

const FLAGS = (
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking ' +
  '--disable-component-update --disable-sync'
).split(' ');

const fixture = (stack: string, from: string, provisional?: string): StackResult => {
  const changes = readPlan(readFileSync(join(ROOT, `workflows-src/changes/fixtures/${from}.json`)), stack);
  return planned(stack, changes, provisional);
};

function planned(stack: string, changes: ReturnType<typeof readPlan>, provisional?: string): StackResult {
  return {
    stack,
    status: 'planned',
    changes,
    ...(changes.changes.length > 0 && { ledger: ledgerDigest(ledgerOf(changes)) }),
    ...(provisional !== undefined && { provisional }),
  };
}

const META: SummaryMeta = {
  environment: 'dev',
  commit: '3f9c1e2',
  base: 'main',
  tools: ['Fairlead 0.1.0'],
  runUrl: 'https://github.com/acme/shop/actions/runs/1',
  fullUrl: 'https://github.com/acme/shop/actions/runs/1#summary',
};

const DATA_LOSS: readonly StackResult[] = [
  fixture('dev-network', 'own-nat-dev-network'),
  fixture('dev-data', 'database-destroyed'),
  fixture('dev-reports', 'database-unprotected'),
  fixture('dev-storage', 'storage-destroyed'),
  fixture('dev-platform', 'no-changes'),
];

const TROUBLE: readonly StackResult[] = [
  fixture('registry', 'no-changes'),
  fixture('dev-network', 'network-rules-changed'),
  { stack: 'dev-data', status: 'failed', diagnostics: diagnostics() },
  fixture('dev-platform', 'own-architecture-dev-platform', 'dev-network is applied first and changes'),
  { stack: 'dev-tasks-api', status: 'deferred', reason: 'dev-data has to be applied first' },
  { stack: 'dev-service-api', status: 'missing' },
];

function diagnostics(): string {
  return `
Error: reading RDS DB Instance (shop-dev): operation error RDS: DescribeDBInstances, https response error StatusCode: 403, AccessDenied: User is not authorized to perform: rds:DescribeDBInstances

  with aws_db_instance.database_5A9C21F3,
  on cdk.tf.json line 212, in resource.aws_db_instance.database_5A9C21F3:
 212:       }

Error: Invalid index

The given key does not identify an element in this collection value.
`;
}

/** Ten thousand objects of a warehouse, few of which go. */
function huge(): StackResult {
  const change = (address: string, type: string, actions: readonly string[], values: object): object => ({
    address,
    mode: 'managed',
    type,
    change: {
      actions,
      before: actions[0] === 'create' ? null : values,
      after: actions[0] === 'delete' ? null : values,
      after_unknown: actions[0] === 'delete' ? {} : { arn: true, id: true },
    },
  });
  const types = ['aws_sqs_queue', 'aws_cloudwatch_metric_alarm', 'aws_ssm_parameter', 'aws_iam_role'];
  const creates = Array.from({ length: 10_000 }, (_, at) => {
    const type = types[at % types.length]!;
    const name = `tenant-${String(at >> 2).padStart(4, '0')}`;
    const address = `module.tenants["${name}"].${type}.this`;
    return change(address, type, ['create'], { name, tags: { tenant: name } });
  });
  const gone = ['orders', 'invoices', 'returns'].map((name) =>
    change(`aws_sqs_queue.${name}`, 'aws_sqs_queue', ['delete'], {
      name,
      id: name,
      arn: `arn:aws:sqs:::${name}`,
    }),
  );
  const plan = {
    format_version: '1.2',
    terraform_version: '1.11.4',
    resource_changes: [...creates, ...gone],
  };
  return planned('dev-tenants', readPlan(JSON.stringify(plan), 'dev-tenants'));
}

const COMMENTS: readonly (readonly [string, string])[] = [
  [
    'update',
    renderSummary(
      [
        fixture('dev-network', 'no-changes'),
        fixture('dev-data', 'no-changes'),
        fixture('dev-platform', 'no-changes'),
        fixture('dev-tasks-api', 'own-release-dev-tasks-api'),
        fixture(
          'dev-service-api',
          'own-scaling-dev-service-api',
          'dev-tasks-api is applied first and changes',
        ),
      ],
      META,
    ),
  ],
  [
    'no-changes',
    renderSummary(
      ['dev-network', 'dev-data', 'dev-platform', 'dev-tasks-api', 'dev-service-api'].map((stack) =>
        fixture(stack, 'no-changes'),
      ),
      META,
    ),
  ],
  ['data-loss', renderSummary(DATA_LOSS, META)],
  ['trouble', renderSummary(TROUBLE, META)],
  ['huge', renderSummary([huge(), fixture('dev-batch', 'three-hundred')], META)],
];

const PAGE = renderPage([...DATA_LOSS, ...TROUBLE.filter(({ status }) => status !== 'planned')], META);

async function shoot(context: BrowserContext, file: string, html: string, name: string): Promise<void> {
  writeFileSync(file, html);
  const page = await context.newPage();
  await page.goto(pathToFileURL(file).href);
  const height = await page.evaluate('Math.ceil(document.body.getBoundingClientRect().height)');
  const picture = await page.screenshot({
    clip: { x: 0, y: 0, width: 1000, height: Math.min(Number(height), MOST_HEIGHT) },
  });
  await page.close();
  const path = join(PICTURES, `${name}.png`);
  writeFileSync(
    path,
    execFileSync('pngquant', ['--strip', '128', '-'], { input: picture, maxBuffer: 1 << 26 }),
  );
  const { size } = statSync(path);
  if (size > MOST_BYTES) throw new Error(`${path}: must have at most ${MOST_BYTES} bytes, got ${size}`);
}

async function problemsOf(context: BrowserContext, file: string): Promise<string[]> {
  const page = await context.newPage();
  const wrong: string[] = [];
  const own = pathToFileURL(file).href;
  page.on('request', (request) => {
    if (request.url() !== own) wrong.push(`asks for ${request.url()}`);
  });
  page.on('console', (message) => wrong.push(`logs ${message.text()}`));
  page.on('pageerror', (error) => wrong.push(`throws ${error.message}`));
  await page.goto(own, { waitUntil: 'networkidle' });
  const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  if (Number(overflow) > 0) wrong.push(`is ${String(overflow)} pixels wider than the window`);
  await page.close();
  return wrong;
}

/** A comment of a pull request, with GitHub's own style sheet for Markdown. */
function commentPage(markdown: string, theme: Theme): string {
  const css = readFileSync(require.resolve(`github-markdown-css/github-markdown-${theme}.css`), 'utf8');
  const [line, head, soft] =
    theme === 'light' ? ['#d1d9e0', '#f6f8fa', '#59636e'] : ['#3d444d', '#151b23', '#9198a1'];
  const body = githubHtml(markdown).replace(
    /<div class="markdown-alert markdown-alert-(\w+)"><p class="markdown-alert-title">/g,
    (start, kind: string) => start + icon(kind),
  );
  return `<!doctype html><meta charset="utf-8"><style>${css}
body{margin:0;background:${theme === 'light' ? '#fff' : '#0d1117'};font:14px/1.5 -apple-system,BlinkMacSystemFont,"Segoe UI","Noto Sans","Liberation Sans",sans-serif;color:${soft}}
.all{display:flex;gap:16px;padding:20px}
.who{width:40px;height:40px;border-radius:50%;background:linear-gradient(135deg,#2088ff,#8250df);flex:none}
.box{width:900px;border:1px solid ${line};border-radius:6px;overflow:hidden;min-width:0}
.head{padding:8px 16px;background:${head};border-bottom:1px solid ${line}}
.head b{color:${theme === 'light' ? '#1f2328' : '#f0f6fc'}}.head i{font:500 12px/18px inherit;font-style:normal;font-size:12px;border:1px solid ${line};border-radius:1em;padding:0 6px;margin:0 4px}
.markdown-body{font-size:14px;padding:16px}.markdown-alert-title svg{fill:currentColor;margin-right:8px}
</style><div class="all"><div class="who"></div><div class="box"><div class="head"><b>github-actions</b> <i>bot</i> commented 2 minutes ago</div><div class="markdown-body">${body}</div></div></div>`;
}

/** Octicons, as GitHub puts them into alerts. */
function icon(kind: string): string {
  return `<svg viewBox="0 0 16 16" width="16" height="16"><path d="${ICONS[kind] ?? ''}"/></svg>`;
}

const ICONS: Readonly<Record<string, string>> = {
  note: 'M0 8a8 8 0 1 1 16 0A8 8 0 0 1 0 8Zm8-6.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM6.5 7.75A.75.75 0 0 1 7.25 7h1a.75.75 0 0 1 .75.75v2.75h.25a.75.75 0 0 1 0 1.5h-2a.75.75 0 0 1 0-1.5h.25v-2h-.25a.75.75 0 0 1-.75-.75ZM8 6a1 1 0 1 1 0-2 1 1 0 0 1 0 2Z',
  warning:
    'M6.457 1.047c.659-1.234 2.427-1.234 3.086 0l6.082 11.378A1.75 1.75 0 0 1 14.082 15H1.918a1.75 1.75 0 0 1-1.543-2.575Zm1.763.707a.25.25 0 0 0-.44 0L1.698 13.132a.25.25 0 0 0 .22.368h12.164a.25.25 0 0 0 .22-.368Zm.53 3.996v2.5a.75.75 0 0 1-1.5 0v-2.5a.75.75 0 0 1 1.5 0ZM9 11a1 1 0 1 1-2 0 1 1 0 0 1 2 0Z',
  caution:
    'M4.47.22A.749.749 0 0 1 5 0h6c.199 0 .389.079.53.22l4.25 4.25c.141.14.22.331.22.53v6a.749.749 0 0 1-.22.53l-4.25 4.25A.749.749 0 0 1 11 16H5a.749.749 0 0 1-.53-.22L.22 11.53A.749.749 0 0 1 0 11V5c0-.199.079-.389.22-.53Zm.84 1.28L1.5 5.31v5.38l3.81 3.81h5.38l3.81-3.81V5.31L10.69 1.5ZM8 4a.75.75 0 0 1 .75.75v3.5a.75.75 0 0 1-1.5 0v-3.5A.75.75 0 0 1 8 4Zm0 8a1 1 0 1 1 0-2 1 1 0 0 1 0 2Z',
};

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
