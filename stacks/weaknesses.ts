/**
 * Whether the tests notice a weakness: each of the table is put into a copy of the stacks, and the house rules run on it;
 * all other tests of the stacks where these notice nothing. A weakness that none notices is one that may ship tomorrow.
 *
 * usage: node -r tsx/cjs stacks/weaknesses.ts [name…]
 *
 * Without names all of them, one a core at a time: about a minute on two cores. Ends with 1 when a weakness survives, when
 * its text does not occur exactly once, when the tests fail without any weakness, or when no weakness breaks some house
 * rule: nobody knows then whether it holds anything.
 */
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';

interface Weakness {
  readonly name: string;
  /** In `stacks/`. */
  readonly file: string;
  /** Occurs exactly once in it. */
  readonly find: string;
  readonly replace: string;
}

const WEAKNESSES: readonly Weakness[] = [
  ...inFile('base-stack.ts', [
    ['state-not-locked', "this.addOverride('terraform.backend.s3.use_lockfile', true);", ''],
    [
      'state-under-another-key',
      'key: id, region: home.region',
      'key: id, region: home.region, encrypt: true',
    ],
    ['state-shared-by-stacks', 'key: id,', "key: 'terraform.tfstate',"],
    ['any-account-is-taken', 'allowedAccountIds: [props.where.account],', ''],
  ]),
  ...inFile('names.ts', [
    [
      'subject-without-ids',
      '`${owner}@${ownerId}/${repository}@${repositoryId}`',
      '`${owner}/${repository}`',
    ],
  ]),
  ...inFile('bootstrap.ts', [
    ['any-workflow-applies', 'workflow,\n        contexts: [`environment', 'contexts: [`environment'],
    [
      'any-workflow-pushes',
      "workflow: APPLY_WORKFLOW, contexts: ['ref:refs/heads/main']",
      "contexts: ['ref:refs/heads/main']",
    ],
    [
      'any-branch-pushes',
      "workflow: APPLY_WORKFLOW, contexts: ['ref:refs/heads/main']",
      "workflow: APPLY_WORKFLOW, contexts: ['pull_request']",
    ],
  ]),
  ...inFile('constructs/github-trust.ts', [
    ['any-audience', "[`${GITHUB_ISSUER}:aud`]: 'sts.amazonaws.com',", ''],
    ['subject-by-pattern', 'StringEquals: {', 'StringLike: {'],
  ]),
  ...inFile('constructs/role.ts', [
    ['boundary-missing', 'permissionsBoundary: props.boundaryArn,', ''],
    [
      'policy-nobody-can-read',
      'policy: policyJson(props.statements)',
      "policy: '${data.aws_iam_policy_document.own.json}'",
    ],
    ['service-for-any-account', "StringEquals: { 'aws:SourceAccount': account },", ''],
  ]),
  ...inFile('constructs/project-permissions.ts', [
    [
      'roles-handed-to-any-service',
      "StringEquals: { 'iam:PassedToService': services.map((service) => `${service}.amazonaws.com`) },",
      '',
    ],
  ]),
  ...inFile('constructs/encryption-key.ts', [
    ['key-of-another-account', 'arn:aws:iam::${props.account}:root', 'arn:aws:iam::999999999999:root'],
    ['key-not-rotated', 'enableKeyRotation: true,', ''],
  ]),
  ...inFile('registry.ts', [
    ['tags-move', "imageTagMutability: 'IMMUTABLE',", "imageTagMutability: 'MUTABLE',"],
    ['images-not-scanned', 'scanOnPush: true', 'scanOnPush: false'],
    [
      'images-for-everybody',
      'Principal: { AWS: accounts.map((account) => `arn:aws:iam::${account}:root`) },',
      "Principal: '*',",
    ],
  ]),
  ...inFile('network.ts', [
    [
      'private-subnets-on-the-internet',
      'natGatewayId: (nats[index] ?? nats[0]!).id,',
      'gatewayId: gateway.id,',
    ],
    ['default-group-open', 'ingress: [],', ''],
  ]),
  ...inFile('constructs/endpoint-policies.ts', [
    ['endpoint-for-any-account', "Condition: { StringEquals: { 'aws:PrincipalAccount': account } },", ''],
    ['buckets-of-any-account', ", 'aws:ResourceAccount': account", ''],
  ]),
  ...inFile('constructs/vpc-endpoints.ts', [
    ['endpoint-without-policy', "['ecs-agent', 'ecs-telemetry']", "['ecs-agent', 'ecs-telemetry', 'logs']"],
  ]),
  ...inFile('constructs/alarm-topic.ts', [
    ['alarms-of-any-account', "StringEquals: { 'aws:SourceAccount': account }, ArnLike", 'ArnLike'],
  ]),
  ...inFile('constructs/postgres-alarms.ts', [['alarm-tells-nobody', 'alarmActions: [props.topicArn],', '']]),
  ...inFile('constructs/subnet-tier.ts', [
    ['addresses-by-default', 'mapPublicIpOnLaunch: false,', 'mapPublicIpOnLaunch: true,'],
  ]),
  ...inFile('constructs/flow-logs.ts', [['log-not-encrypted', 'kmsKeyId: key.arn,', '']]),
  ...inFile('constructs/connection.ts', [
    [
      'range-instead-of-group',
      'referencedSecurityGroupId: props.fromSecurityGroupId,',
      "cidrIpv4: '10.0.0.0/8',",
    ],
    ['ports-all-open-outward', 'fromPort: 443,', 'fromPort: 0,'],
  ]),
  ...inFile('constructs/load-balancer.ts', [
    ['http-in-prod', "if (props.domain === 'ephemeral') {", 'if (props.domain) {'],
    [
      'http-answers',
      "{ type: 'redirect', redirect: { port: '443', protocol: 'HTTPS', statusCode: 'HTTP_301' } },",
      '...NOT_FOUND,',
    ],
    [
      'certificate-for-one-host',
      '...(names.length > 1 && { subjectAlternativeNames: names.slice(1).map(({ name }) => name) }),',
      '',
    ],
    ['tls-of-yesterday', 'ELBSecurityPolicy-TLS13-1-2-2021-06', 'ELBSecurityPolicy-2016-08'],
    ['ssh-from-anywhere', "this.openToTheWorld('http', 80);", "this.openToTheWorld('ssh', 22);"],
  ]),
  ...inFile('data.ts', [
    [
      'database-reaches-anything',
      'vpcId: network.vpcId,',
      "vpcId: network.vpcId, egress: [{ protocol: '-1', fromPort: 0, toPort: 0, cidrBlocks: ['0.0.0.0/0'] }],",
    ],
    [
      'database-in-public-subnets',
      'subnetIds: network.databaseSubnetIds,',
      'subnetIds: network.publicSubnetIds,',
    ],
  ]),
  ...inFile('constructs/postgres.ts', [
    ['database-public', 'publiclyAccessible: false,', 'publiclyAccessible: true,'],
    ['database-not-encrypted', 'storageEncrypted: true,', 'storageEncrypted: false,'],
    ['database-without-tls', "{ name: 'rds.force_ssl', value: '1' },", ''],
    ['password-in-state', 'manageMasterUserPassword: true,', "password: 'correct horse',"],
    ['log-kept-for-ever', 'retentionInDays: 365,', ''],
  ]),
  ...inFile('constructs/private-bucket.ts', [
    ['bucket-public', 'blockPublicPolicy: true,', 'blockPublicPolicy: false,'],
    ['bucket-not-versioned', "{ status: 'Enabled' },\n    });", "{ status: 'Suspended' },\n    });"],
    ['bucket-without-tls', "Action: 's3:*',", "Action: 's3:PutObject',"],
  ]),
  ...inFile('platform.ts', [
    ['log-never-expires', 'LOG_RETENTION_DAYS = 365', 'LOG_RETENTION_DAYS = 0'],
    [
      'instances-in-public-subnets',
      'privateSubnetIds: network.privateSubnetIds,',
      'privateSubnetIds: network.publicSubnetIds,',
    ],
  ]),
  ...inFile('constructs/ec2-capacity.ts', [
    ['imds-v1', "httpTokens: 'required'", "httpTokens: 'optional'"],
    ['imds-from-tasks', 'httpPutResponseHopLimit: 1', 'httpPutResponseHopLimit: 2'],
    ['instances-with-addresses', "associatePublicIpAddress: 'false',", "associatePublicIpAddress: 'true',"],
    ['instances-administrate', 'service-role/AmazonEC2ContainerServiceforEC2Role', 'AdministratorAccess'],
    ['disk-not-encrypted', "encrypted: 'true',", ''],
  ]),
  ...inFile('tasks.ts', [
    ['everything-allowed', "Action: 'ecr:GetAuthorizationToken',", "Action: '*',"],
    ['service-allowed-whole', "Action: 'ecr:GetAuthorizationToken',", "Action: 'ecr:*',"],
    [
      'task-role-is-execution-role',
      'taskRoleArn: role(purpose, `What ${task.family} itself may do`, task.may)',
      'taskRoleArn: executionRoleArn',
    ],
    [
      'migration-in-public-subnets',
      'subnet_ids: network.privateSubnetIds',
      'subnet_ids: network.publicSubnetIds',
    ],
    [
      'database-reaches-https',
      "'migrate-https', { fromSecurityGroupId: group.id }",
      "'migrate-https', { fromSecurityGroupId: access.securityGroupId }",
    ],
    [
      'tag-deployed',
      'const image = this.imageVariable(repositoryUrl(config, service));',
      'const image = `${repositoryUrl(config, service)}:latest`;',
    ],
    ['password-in-environment', 'DATABASE_USER: service,', "DATABASE_PASSWORD: 'correct horse',"],
    ['network-of-the-instance', "networkMode: 'awsvpc',", "networkMode: 'host',"],
  ]),
  ...inFile('constructs/hardened-container.ts', [
    ['container-privileged', 'privileged: false,', 'privileged: true,'],
    ['container-gains-privileges', "dockerSecurityOptions: ['no-new-privileges'],", ''],
    ['container-is-root', "const USER = '10001:10001';", "const USER = '0:0';"],
    ['container-writes-its-disk', 'readonlyRootFilesystem: true,', ''],
    ['container-has-capabilities', "capabilities: { drop: ['ALL'] },", ''],
  ]),
  ...inFile('service.ts', [
    ['tasks-in-public-subnets', 'subnets: network.privateSubnetIds,', 'subnets: network.publicSubnetIds,'],
    ['tasks-with-addresses', 'assignPublicIp: false,', 'assignPublicIp: true,'],
    ['no-circuit-breaker', 'deploymentCircuitBreaker: { enable: true, rollback: true },', ''],
    [
      'rollback-is-success',
      "condition: Op.eq(TerraformSelf.getString('task_definition'),",
      'condition: Op.eq(tasks.taskDefinitionArn,',
    ],
    ['apply-does-not-wait', 'waitForSteadyState: true,', ''],
    ['apply-undoes-autoscaling', "ignoreChanges: ['desired_count'],", ''],
  ]),
];

function inFile(
  file: string,
  weaknesses: readonly (readonly [string, string, string])[],
): readonly Weakness[] {
  return weaknesses.map(([name, find, replace]) => ({ name, file, find, replace }));
}

const ROOT = resolve(__dirname, '..');
const SOURCES = 'stacks';
const HOUSE_RULES = 'house-rules.test.ts';
/** A busy machine is slow; nothing here is endless. */
const MOST_MILLISECONDS = 300_000;

const interruption = new AbortController();

/** What the stacks are made of, copied to where their modules are found, with a configuration of its own. */
function copyOfSources(scratch: string, slot: string): string {
  const folder = join(scratch, slot);
  cpSync(join(ROOT, SOURCES), join(folder, SOURCES), { recursive: true });
  for (const service of readdirSync(join(ROOT, 'services'))) {
    const descriptor = join('services', service, 'service.ts');
    if (!existsSync(join(ROOT, descriptor))) continue;
    mkdirSync(join(folder, dirname(descriptor)), { recursive: true });
    copyFileSync(join(ROOT, descriptor), join(folder, descriptor));
  }
  copyFileSync(join(ROOT, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir');
  const config = {
    rootDir: folder,
    roots: [`<rootDir>/${SOURCES}`],
    cacheDirectory: join(folder, 'cache'),
    testEnvironment: 'node',
    transform: { '^.+\\.ts$': ['ts-jest', { diagnostics: false }] },
    testTimeout: MOST_MILLISECONDS,
    watchman: false,
  };
  writeFileSync(join(folder, 'jest.config.json'), JSON.stringify(config));
  return folder;
}

/** What Jest says of a run, as far as it is read here. */
interface Report {
  readonly testResults: readonly {
    readonly status: 'passed' | 'failed';
    /** Of the file, where it could not even be run. */
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

interface Outcome {
  readonly passed: readonly string[];
  /** The tests that fail; the error of a file that could not be run counts as one. */
  readonly failed: readonly string[];
}

/** @throws Error when nothing was tested */
async function runTests(folder: string, choice: readonly string[]): Promise<Outcome> {
  interruption.signal.throwIfAborted();
  const jest = join(dirname(require.resolve('jest/package.json')), 'bin/jest.js');
  const options = ['--config', join(folder, 'jest.config.json'), '--runInBand', '--ci', '--silent', '--json'];
  const child = spawn(process.execPath, [jest, ...options, ...choice], {
    cwd: folder,
    env: { ...process.env, FORCE_COLOR: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: interruption.signal,
    timeout: MOST_MILLISECONDS,
    killSignal: 'SIGKILL',
  });
  let report = '';
  let said = '';
  child.stdout.on('data', (bytes: Buffer) => (report += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
  // An interruption is an error of the child; it has ended once it is closed.
  child.on('error', (error) => (said += error.message));
  await new Promise((done) => child.on('close', done));
  interruption.signal.throwIfAborted();
  if (!report.startsWith('{')) throw new Error(`was not tested: ${said.trim().split('\n')[0]}`);

  const files = (JSON.parse(report) as Report).testResults;
  const broken = files.map(({ message }) => NOT_RUNNING.exec(message)?.[0]).find((error) => error);
  if (broken !== undefined) throw new Error(`is no weakness but a mistake: ${broken}`);
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const named = (status: string): string[] =>
    tests.filter((test) => test.status === status).map(({ fullName }) => fullName);
  // Such as a construct that throws; its words come after a headline.
  const unable = files
    .filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0)
    .map(({ message }) => message.trim().split(/\s*\n\s*/)[1] ?? message);
  return { passed: named('passed'), failed: [...named('failed'), ...unable] };
}

const NOT_RUNNING = /\b(?:ReferenceError|SyntaxError|Cannot find module).*/;

const ruleTests = (folder: string): Promise<Outcome> =>
  runTests(folder, ['--runTestsByPath', join(folder, SOURCES, HOUSE_RULES)]);
const otherTests = (folder: string): Promise<Outcome> =>
  runTests(folder, ['--testPathIgnorePatterns', HOUSE_RULES.replaceAll('.', '[.]')]);

class Search {
  public caught = 0;
  public readonly brokenRules = new Set<string>();
  private untouched: Promise<Outcome> | undefined;

  public constructor(private readonly scratch: string) {}

  public async try(folder: string, weakness: Weakness): Promise<void> {
    const path = join(folder, SOURCES, weakness.file);
    const text = readFileSync(path, 'utf8');
    // With a function, because `$` means something in a replacement.
    writeFileSync(
      path,
      text.replace(weakness.find, () => weakness.replace),
    );
    const start = performance.now();
    const failed = await this.failures(folder).catch((error: unknown) => {
      interruption.signal.throwIfAborted();
      return error as Error;
    });
    writeFileSync(path, text);
    const took = `${((performance.now() - start) / 1000).toFixed(0)} s`;
    if (failed instanceof Error) return console.log(`BROKEN    ${weakness.name} ${failed.message}`);
    if (failed.length === 0) return console.log(`SURVIVED  ${weakness.name} (${took})`);
    this.caught += 1;
    const others = failed.length === 1 ? '' : `, and ${failed.length - 1} more`;
    console.log(`caught    ${weakness.name} (${took}): ${failed[0]}${others}`);
  }

  private async failures(folder: string): Promise<readonly string[]> {
    const { failed } = await ruleTests(folder);
    for (const rule of failed) this.brokenRules.add(rule);
    if (failed.length > 0) return failed;
    this.untouched ??= otherTests(copyOfSources(this.scratch, 'untouched'));
    const [first] = (await this.untouched).failed;
    if (first !== undefined) throw new Error(`cannot be told: without it fails: ${first}`);
    return (await otherTests(folder)).failed;
  }
}

/** What is wrong with the table itself, or with the names asked for. */
function mistakes(names: readonly string[]): readonly string[] {
  const known = WEAKNESSES.map(({ name }) => name);
  return [
    ...names.filter((name) => !known.includes(name)).map((name) => `${name}: there is no such weakness`),
    ...known
      .filter((name, index) => known.indexOf(name) < index)
      .map((name) => `${name}: there are two of that name`),
    ...WEAKNESSES.flatMap(({ name, file, find }) => {
      const times = readFileSync(join(ROOT, SOURCES, file), 'utf8').split(find).length - 1;
      return times === 1 ? [] : [`${name}: its text occurs ${times} times in ${file}: ${find}`];
    }),
  ];
}

async function main(names: readonly string[]): Promise<number> {
  const wrong = mistakes(names);
  for (const one of wrong) console.log(`NO MATCH  ${one}`);
  if (wrong.length > 0) return 1;

  mkdirSync(join(ROOT, '.fairlead'), { recursive: true });
  // Jest finds nothing by a path that goes through a link.
  const scratch = realpathSync(mkdtempSync(join(ROOT, '.fairlead', 'weaknesses-')));
  try {
    return await run(scratch, names);
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function run(scratch: string, names: readonly string[]): Promise<number> {
  const tried = names.length === 0 ? WEAKNESSES : WEAKNESSES.filter(({ name }) => names.includes(name));
  const slots = Array.from({ length: Math.min(availableParallelism(), tried.length) }, (_, at) =>
    copyOfSources(scratch, String(at)),
  );
  const sound = await ruleTests(slots[0]!);
  if (sound.failed.length > 0) {
    console.log(`Without any weakness the house rules fail: ${sound.failed[0]}`);
    return 1;
  }
  const search = new Search(scratch);
  const waiting = [...tried];
  const work = async (folder: string): Promise<void> => {
    for (let one = waiting.shift(); one; one = waiting.shift()) await search.try(folder, one);
  };
  // Settled, because nothing may run any more when the scratch folder is removed.
  const ends = await Promise.allSettled(slots.map(work));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;

  const idle = names.length > 0 ? [] : sound.passed.filter((rule) => !search.brokenRules.has(rule));
  for (const rule of idle) console.log(`UNTRIED   no weakness breaks this rule: ${rule}`);
  console.log(`${search.caught} of ${tried.length} weaknesses are caught`);
  return search.caught === tried.length && idle.length === 0 ? 0 : 1;
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    process.exitCode = code;
    interruption.abort();
  });
}
main(process.argv.slice(2)).then(
  (code) => (process.exitCode ??= code),
  (error: unknown) => {
    if (!interruption.signal.aborted) throw error;
  },
);
