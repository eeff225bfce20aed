import { createHash } from 'node:crypto';

import { child, isObject } from './json';

/**
 * Decides what is shown of a value, by default too little rather than too much. Hidden are, besides what the plan itself
 * marks as sensitive:
 * - what stands under a secret's name (`password`, `api_key`, `GITHUB_TOKEN`; not what merely names or measures one, such as
 *   `secret_arn` or `password_length`), also as the value of a name and value pair;
 * - values of environment variables, and user data, whatever their names, because anything may be in them;
 * - all arguments of a command that is given a secret as one of them: `["--password", "…"]`;
 * - what looks like a known kind of secret: private keys, tokens, access keys, addresses with a password;
 * - any text that holds a secret known by its value: of this process's environment, or marked elsewhere in the plan.
 */
export class Masking {
  // Private to the language too, so that no printing shows them.
  readonly #known: ReadonlySet<string>;
  readonly #inside: RegExp | undefined;

  /**
   * @param secrets values that no text may hold. One of fewer than 10 characters hides only a text that is equal to it, and
   *   one of fewer than 4 hides nothing: `on` as a secret would otherwise hide every sentence with "on" in it
   */
  public constructor(secrets: Iterable<string> = []) {
    this.#known = new Set([...secrets].flatMap(spellings).filter((one) => one.length >= EQUAL_LENGTH));
    const searched = [...this.#known].filter((one) => one.length >= SEARCHED_LENGTH);
    const some = searched.sort(longestFirst).slice(0, MOST_SEARCHED);
    this.#inside = some.length === 0 ? undefined : new RegExp(some.map(literally).join('|'));
  }

  /** Of every variable with a secret's name, such as what a workflow hands to a job from `secrets`. */
  public static secretsOf(environment: NodeJS.ProcessEnv): readonly string[] {
    return Object.entries(environment).flatMap(([name, value]) =>
      value !== undefined && isSecretName(name) ? [value] : [],
    );
  }

  /** The text is or holds a secret that is known by its value or by its form. */
  public hides(text: string): boolean {
    if (text.length < EQUAL_LENGTH) return false;
    if (this.knows(text) || SECRET_FORMS.test(text)) return true;
    return text.length >= ENCODED_LENGTH && BASE64.test(text) && this.hidesEncoded(text);
  }

  /** What base64 hides from the eye is no secret less. */
  private hidesEncoded(text: string): boolean {
    const bytes = Buffer.from(text, 'base64');
    const decoded = bytes.toString('utf8');
    return !decoded.includes('\ufffd') && decoded !== text && this.hides(decoded);
  }

  /** The text is or holds a secret that is known by its value. */
  public knows(text: string): boolean {
    return this.#known.has(text) || this.#inside?.test(text) === true;
  }

  /** A name or address; where it holds a secret, a short digest stands for it, so that two of them differ. */
  public name(text: string): string {
    if (!this.hides(text)) return text;
    return `(sensitive ${createHash('sha256').update(text).digest('hex').slice(0, 8)})`;
  }

  /**
   * The lines of a text, those that hold a secret replaced. All of them, where a secret goes over several lines.
   * @returns undefined when nothing of the text may be shown
   */
  public lines(text: string): readonly string[] | undefined {
    const lines = text.split(/\r?\n/);
    if (!this.hides(text)) return lines;
    if (/PRIVATE KEY/.test(text)) return undefined;
    const shown = lines.map((line) => (this.hides(line) ? '(sensitive)' : line));
    return this.hides(shown.join('\n')) || !shown.includes('(sensitive)') ? undefined : shown;
  }
}

/**
 * What may be shown of a value because of where it stands. `guarded`: a text or number is hidden, and so are those inside;
 * but of a name and value pair the name is shown, and where the value comes from.
 */
export type Guard = 'shown' | 'guarded' | 'hidden';

/**
 * @param name the attribute or map key that the value stands under
 * @param value either state of it
 * @param above what holds for the object that it stands in
 * @param within that object
 */
export function guardOf(name: string, value: unknown, above: Guard, within: unknown): Guard {
  if (above === 'hidden') return 'hidden';
  const kind = kindOf(name);
  if (kind === 'plain') return above;
  if (kind === 'user data') return 'hidden';
  if (above === 'guarded') return kind === 'reference' && isPair(within) ? 'shown' : 'guarded';
  if (kind === 'secret' || (kind === 'environment' && holdsVariables(value))) return 'guarded';
  if (kind === 'command') return isGivenSecret(value) ? 'guarded' : 'shown';
  return kind === 'value' && isValueOfSecret(within) ? 'guarded' : 'shown';
}

/** Of two states of a value, neither may show what the other hides. */
export function strictest(guards: readonly Guard[]): Guard {
  return guards.includes('hidden') ? 'hidden' : guards.includes('guarded') ? 'guarded' : 'shown';
}

/** A truth value or nothing is no secret, nor is the address of one in AWS. */
export function isHarmless(value: unknown): boolean {
  if (typeof value === 'string') return value === '' || AWS_NAME.test(value);
  return value === null || value === undefined || typeof value === 'boolean';
}

/**
 * `db_password`, `apiKey`, `GITHUB_TOKEN`: a name whose words say that its value is a secret. Not one that names a secret
 * or measures it (`secret_arn`, `token_ttl`), nor a key that is looked up by (`hash_key`, `kms_key`).
 */
export function isSecretName(name: string): boolean {
  return kindOf(name) === 'secret';
}

/** What a name says of its value. The same few names come again and again. */
type NameKind = 'plain' | 'secret' | 'environment' | 'user data' | 'command' | 'reference' | 'value';

const kinds = new Map<string, NameKind>();
const MOST_NAMES = 10_000;

function kindOf(name: string): NameKind {
  const known = kinds.get(name);
  if (known !== undefined) return known;
  const kind = decideKind(name);
  if (kinds.size < MOST_NAMES) kinds.set(name, kind);
  return kind;
}

function decideKind(name: string): NameKind {
  if (USER_DATA.test(name)) return 'user data';
  if (REFERENCE.test(name)) return 'reference';
  if (decide(name)) return 'secret';
  if (ENVIRONMENT.test(name)) return 'environment';
  if (COMMAND.test(name)) return 'command';
  return name === 'value' ? 'value' : 'plain';
}

function decide(name: string): boolean {
  if (!SUSPICIOUS.test(name) || NO_SECRETS.has(name)) return false;
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const last = words.at(-1) ?? '';
  if (words.length > 1 && (ABOUT_A_SECRET.has(last) || SWITCHES.has(words[0]!))) return false;
  if (words.some((word) => SECRET_WORD.test(word))) return true;
  if (last !== 'key' && last !== 'keys') return false;
  const before = words.at(-2);
  return before !== undefined && !LOOKED_UP_BY.has(before);
}

const SUSPICIOUS = /pass|pwd|secret|token|cred|key|authorization|bearer|cookie/i;

const SECRET_WORD =
  /(?:passw(?:or)?ds?|passphrases?|secrets?|tokens?|credentials?|apikeys?|accesskeys?|secretkeys?|privatekeys?)$|^(?:pwd|pass|creds?|authorization|bearer|cookies?)$/;

/** Last words of names that tell something about a secret. */
const ABOUT_A_SECRET = words(
  'arn arns id ids name names namespace prefix suffix path paths url uri endpoint endpoints type types kind version versions',
  'enabled required optional length min max age days hours minutes seconds ttl expiry expiration expires duration validity',
  'lifetime window count size limit limits policy policies rotation status state format algorithm alg spec usage source',
  'provider issuer audience scope scopes region account method mode behavior units unit reuse prevention stage stages',
  'description label labels symbols numbers characters lowercase uppercase alias aliases manager configuration file updated',
);

/** First words of switches: `manage_master_user_password`. */
const SWITCHES = words(
  'manage enable enabled disable allow require requires use is has force ignore skip send include exclude minimum maximum',
);

/** What stands before `key` when it is one to look up by, or public. */
const LOOKED_UP_BY = words(
  'hash range partition sort primary foreign public kms s3 object state tag tags bucket cache routing lookup index group sse',
  'cmk condition context metadata attribute map item log logs aggregation dedup deduplication',
);

/** Names that only look like one. */
const NO_SECRETS: ReadonlySet<string> = new Set(['http_tokens', 'httpTokens', 'client_token', 'next_token']);

function words(...lists: readonly string[]): ReadonlySet<string> {
  return new Set(lists.flatMap((list) => list.split(' ')));
}

/**
 * Maps and lists of environment variables, in the words of container, function and build services; and of the headers that
 * CloudFront adds, by which an origin knows that a request came through it.
 */
const ENVIRONMENT =
  /^(?:environments?|env|envs|env_?vars?|(?:runtime_?)?environment_?(?:variables?|secrets?)|variables|app_?settings|build_?args?|custom_headers?)$/i;

const COMMAND = /^(?:command|cmd|entry_?point|args|arguments)$/i;

/** Scripts that machines are started with, and parameters that are handed on to environments. */
const USER_DATA =
  /^(?:insecure_value|user_?data(?:_?base64)?|custom_?data|(?:metadata_)?startup[_-]?script|cloud_?(?:init|config)|init_?script)$/i;

/** What of a name and value pair is not its value. */
const REFERENCE = /^(?:name|key|type|value_?from)$/i;

const AWS_NAME = /^arn:[a-z-]+:[a-z0-9-]+:/;

const LABELS = ['name', 'key', 'Name', 'Key'] as const;

function isSecretText(name: unknown): boolean {
  return typeof name === 'string' && isSecretName(name);
}

/** Of a pair that is called like a secret, or that is an environment variable of Elastic Beanstalk. */
function isValueOfSecret(pair: unknown): boolean {
  if (child(pair, 'namespace') === 'aws:elasticbeanstalk:application:environment') return true;
  return LABELS.some((label) => isSecretText(child(pair, label)));
}

/** One argument says that the next one is a secret, which is neither another option nor a reference. */
function isGivenSecret(command: unknown): boolean {
  if (!Array.isArray(command)) return false;
  const given: readonly unknown[] = command;
  return given.some((one, at) => {
    const next = given[at + 1];
    const [, option] = typeof one === 'string' ? (/^--?([\w-]+)$/.exec(one) ?? []) : [];
    return isSecretText(option) && typeof next === 'string' && !/^(?:-|\$|arn:)/.test(next);
  });
}

/** An element of a list of variables, such as `{ name = "LEVEL", value = "debug" }`. */
function isPair(value: unknown): boolean {
  return (
    isObject(value) &&
    LABELS.some((label) => typeof value[label] === 'string') &&
    ['value', 'valueFrom', 'value_from', 'Value'].some((key) => key in value)
  );
}

/** A map of texts, or a list of pairs or of `NAME=value`; not a block that only has such a name. */
function holdsVariables(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((one) => typeof one === 'string' || isPair(one));
  return isObject(value) && Object.values(value).every((one) => typeof one !== 'object' || one === null);
}

/**
 * Forms that only secrets have, and texts that assign something to a secret's name. Sources: the formats that GitHub's
 * secret scanning lists, https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns
 */
const SECRET_FORMS = new RegExp(
  [
    '-----BEGIN [A-Z ]*PRIVATE KEY',
    '\\b(?:AKIA|ASIA)[A-Z0-9]{16}\\b',
    '\\bgh[pousr]_[A-Za-z0-9]{20,}',
    '\\bgithub_pat_[A-Za-z0-9_]{20,}',
    '\\bglpat-[\\w-]{20,}',
    '\\bxox[abeoprs]-[\\w-]{10,}',
    '\\bsk_(?:live|test)_[A-Za-z0-9]{10,}',
    '\\bnpm_[A-Za-z0-9]{30,}',
    '\\beyJ[\\w-]{10,}\\.eyJ[\\w-]{10,}\\.',
    // user:password@host
    '://[^\\s/:@"\']*:[^\\s/:@"\'$]{3,}@',
    // password=…, "secret": "…"; not part of an ARN, and not what only refers to one: ${…}, $VARIABLE, an ARN
    '(?<!:)(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)s?["\']?\\s*[=:]\\s*["\']?(?!arn:|\\$|true\\b|false\\b|null\\b|["\'])[^\\s"\',;:]{4,}',
    // Authorization: Bearer …
    '\\bauthorization["\']?\\s*[=:]\\s*["\']?(?:bearer|basic|token)\\s+(?!\\$)[^\\s"\'$]{8,}',
    // --password …
    '--?[\\w-]*(?:passw(?:or)?d|passphrase|secret|token|key)\\s+["\']?(?!-|arn:|\\$)[^\\s"\']{4,}',
  ].join('|'),
  'i',
);

/** A secret as it may appear inside other texts. */
function spellings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const lines = secret.includes('\n')
    ? secret.split(/\r?\n/).filter((line) => line.length >= SEARCHED_LENGTH)
    : [];
  if (secret.length < SEARCHED_LENGTH) return [secret];
  return [
    secret,
    secret.trim(),
    ...lines,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(bytes.toString('utf8')),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ];
}

const BASE64 = /^[A-Za-z0-9+/\s_-]+={0,2}\s*$/;
const ENCODED_LENGTH = 16;
const EQUAL_LENGTH = 4;
const SEARCHED_LENGTH = 10;
const MOST_SEARCHED = 500;

function longestFirst(a: string, b: string): number {
  return b.length - a.length;
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
