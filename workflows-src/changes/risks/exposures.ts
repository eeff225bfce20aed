import { child, isObject } from '../json';
import type { Examined } from './examined';
import type { Severity } from './risk';
import { types, type Finding, type Rule } from './rule';
import {
  guardRules,
  rankingRules,
  removalRules,
  settingRules,
  unsure,
  type Ranking,
  type Setting,
} from './settings';
import { fill } from './text';

const PUBLIC_ACLS = ['public-read', 'public-read-write', 'authenticated-read'];

/**
 * What can be reached or read by more than before. New things are told only where they are open to everybody; that
 * something new is not encrypted, say, is a matter for a policy check, not for the review of a change.
 */
const OPENED: readonly Setting[] = [
  {
    rule: 'database-public',
    category: 'exposure',
    severity: 'high',
    created: 'high',
    of: {
      publicly_accessible:
        'aws_db_instance aws_redshift_cluster aws_redshiftserverless_workgroup aws_mq_broker aws_dms_replication_instance aws_lightsail_database',
    },
    enters: [true],
    sentence: 'It gets a public address: whoever its security groups let in reaches it from the internet.',
    whether: 'it gets a public address',
  },
  {
    rule: 'database-public',
    category: 'exposure',
    severity: 'high',
    of: {
      publicly_accessible: 'aws_rds_cluster_instance aws_neptune_cluster_instance',
      public_connectivity: 'aws_neptunegraph_graph',
    },
    enters: [true],
    sentence: 'It gets a public address: whoever its security groups let in reaches it from the internet.',
    whether: 'it gets a public address',
  },
  {
    rule: 'public-access-allowed',
    category: 'exposure',
    severity: 'high',
    of: {
      block_public_acls: 'aws_s3_bucket_public_access_block aws_s3_account_public_access_block',
      block_public_policy: 'aws_s3_bucket_public_access_block aws_s3_account_public_access_block',
      ignore_public_acls: 'aws_s3_bucket_public_access_block aws_s3_account_public_access_block',
      restrict_public_buckets: 'aws_s3_bucket_public_access_block aws_s3_account_public_access_block',
    },
    leaves: [true],
    sentence: 'A block of public access goes: an ACL or a policy can open the bucket to everybody.',
    whether: 'public access stays blocked',
  },
  {
    rule: 'bucket-public',
    category: 'exposure',
    severity: 'high',
    created: 'high',
    of: { acl: 'aws_s3_bucket_acl' },
    enters: PUBLIC_ACLS,
    sentence: 'The ACL lets everybody on the internet, or everybody with an AWS account, read the bucket.',
    whether: 'the ACL opens the bucket to everybody',
  },
  {
    rule: 'bucket-public',
    category: 'exposure',
    severity: 'high',
    of: { acl: 'aws_s3_bucket aws_s3_object aws_s3_object_copy' },
    enters: PUBLIC_ACLS,
    sentence: 'The ACL lets everybody on the internet, or everybody with an AWS account, read it.',
    whether: 'the ACL opens it to everybody',
  },
  {
    rule: 'acls-work-again',
    category: 'exposure',
    severity: 'medium',
    of: { 'rule[0].object_ownership': 'aws_s3_bucket_ownership_controls' },
    leaves: ['BucketOwnerEnforced'],
    sentence: 'ACLs work again: whoever writes an object can open it to others.',
    whether: 'ACLs stay without effect',
  },
  {
    rule: 'load-balancer-public',
    category: 'exposure',
    severity: 'high',
    of: { internal: 'aws_lb aws_alb aws_elb' },
    leaves: [true],
    sentence: 'The load balancer faces the internet instead of the inside of the network.',
    whether: 'the load balancer stays inside the network',
  },
  {
    rule: 'machine-public',
    category: 'exposure',
    severity: 'high',
    of: {
      associate_public_ip_address: 'aws_instance aws_launch_configuration',
      'network_interfaces[0].associate_public_ip_address': 'aws_launch_template',
      'network_configuration[0].assign_public_ip': 'aws_ecs_service',
      map_public_ip_on_launch: 'aws_subnet aws_default_subnet',
    },
    enters: [true],
    sentence:
      'What is started gets a public address: whoever its security groups let in reaches it from the internet.',
    whether: 'what is started gets a public address',
  },
  {
    rule: 'metadata-open',
    category: 'exposure',
    severity: 'high',
    of: {
      'metadata_options[0].http_tokens': 'aws_instance aws_launch_template aws_launch_configuration',
      http_tokens: 'aws_ec2_instance_metadata_defaults',
    },
    leaves: ['required'],
    sentence:
      'The metadata service answers without a session token again: a request forged through the service can steal the credentials of the role.',
    whether: 'the metadata service still asks for a session token',
  },
  {
    rule: 'unencrypted-transport',
    category: 'exposure',
    severity: 'high',
    of: {
      transit_encryption_enabled: 'aws_elasticache_replication_group aws_elasticache_cluster',
      tls_enabled: 'aws_memorydb_cluster',
      'domain_endpoint_options[0].enforce_https': 'aws_opensearch_domain aws_elasticsearch_domain',
      'node_to_node_encryption[0].enabled': 'aws_opensearch_domain aws_elasticsearch_domain',
      'encryption_info[0].encryption_in_transit[0].in_cluster': 'aws_msk_cluster',
      require_tls: 'aws_db_proxy',
    },
    leaves: [true],
    sentence: 'Traffic with it no longer has to be encrypted: who is on the way can read it.',
    whether: 'traffic with it stays encrypted',
  },
  {
    rule: 'unencrypted-transport',
    category: 'exposure',
    severity: 'high',
    of: {
      'default_cache_behavior[0].viewer_protocol_policy': 'aws_cloudfront_distribution',
      'ordered_cache_behavior[0].viewer_protocol_policy': 'aws_cloudfront_distribution',
    },
    enters: ['allow-all'],
    sentence: 'Plain HTTP is served too: who is on the way can read and change what users see.',
    whether: 'plain HTTP is still refused or redirected',
  },
  {
    rule: 'unencrypted-storage',
    category: 'exposure',
    severity: 'high',
    of: {
      storage_encrypted: 'aws_db_instance aws_rds_cluster aws_docdb_cluster aws_neptune_cluster',
      encrypted: 'aws_ebs_volume aws_efs_file_system aws_redshift_cluster aws_ebs_snapshot_copy aws_ami_copy',
      at_rest_encryption_enabled: 'aws_elasticache_replication_group',
      'root_block_device[0].encrypted': 'aws_instance aws_launch_configuration',
      'block_device_mappings[0].ebs[0].encrypted': 'aws_launch_template',
      'encrypt_at_rest[0].enabled': 'aws_opensearch_domain aws_elasticsearch_domain',
      'server_side_encryption[0].enabled': 'aws_dax_cluster',
      enabled: 'aws_ebs_encryption_by_default',
    },
    leaves: [true],
    sentence: 'What is stored is no longer encrypted: who gets at the disk or a copy of it can read it.',
    whether: 'what is stored stays encrypted',
  },
  {
    rule: 'unencrypted-storage',
    category: 'exposure',
    severity: 'medium',
    of: { 'server_side_encryption[0].enabled': 'aws_dynamodb_table' },
    leaves: [true],
    sentence: 'What is stored is encrypted with a key of AWS, whose use nobody here can see or stop.',
    whether: 'what is stored stays encrypted with its own key',
  },
  {
    rule: 'unencrypted-storage',
    category: 'exposure',
    severity: 'high',
    of: { encryption_type: 'aws_kinesis_stream' },
    leaves: ['KMS'],
    sentence: 'What is stored is no longer encrypted: who gets at the disk or a copy of it can read it.',
    whether: 'what is stored stays encrypted',
  },
  {
    rule: 'unencrypted-storage',
    category: 'exposure',
    severity: 'medium',
    of: { sqs_managed_sse_enabled: 'aws_sqs_queue' },
    leaves: [true],
    sentence:
      'Messages are no longer encrypted with the key of SQS: unless a key of its own is set, they are stored in clear.',
    whether: 'messages stay encrypted',
    filledIn: true,
  },
  {
    rule: 'kubernetes-public',
    category: 'exposure',
    severity: 'high',
    created: 'medium',
    of: { 'vpc_config[0].endpoint_public_access': 'aws_eks_cluster' },
    enters: [true],
    sentence: 'The Kubernetes API can be reached from the internet; only signing in keeps others out.',
    whether: 'the Kubernetes API can be reached from the internet',
  },
  {
    rule: 'fine-grained-access-off',
    category: 'exposure',
    severity: 'high',
    of: { 'advanced_security_options[0].enabled': 'aws_opensearch_domain aws_elasticsearch_domain' },
    leaves: [true],
    sentence:
      'Fine-grained access control goes off: whoever reaches the domain may read and write all of it.',
    whether: 'fine-grained access control stays on',
  },
  {
    rule: 'unauthenticated',
    category: 'exposure',
    severity: 'high',
    created: 'high',
    of: { authorization_type: 'aws_lambda_function_url' },
    enters: ['NONE'],
    sentence: 'Anybody on the internet who knows the address may call the function, without signing in.',
    whether: 'callers have to sign in',
  },
  {
    rule: 'unauthenticated',
    category: 'exposure',
    severity: 'high',
    of: { 'client_authentication[0].unauthenticated': 'aws_msk_cluster' },
    enters: [true],
    sentence: 'Whoever reaches the brokers may read and write, without signing in.',
    whether: 'clients have to sign in',
  },
  {
    rule: 'sharing-outside',
    category: 'exposure',
    severity: 'medium',
    of: { allow_external_principals: 'aws_ram_resource_share' },
    enters: [true],
    sentence: 'It may be shared with accounts outside of the organization.',
    whether: 'it stays shared within the organization',
  },
  {
    rule: 'public-sharing-allowed',
    category: 'exposure',
    severity: 'high',
    of: { state: 'aws_ebs_snapshot_block_public_access aws_ec2_image_block_public_access' },
    enters: ['unblocked'],
    sentence: 'Snapshots and images of the account can be shared with everybody again.',
    whether: 'snapshots and images cannot be shared with everybody',
  },
  {
    rule: 'image-public',
    category: 'exposure',
    severity: 'high',
    created: 'high',
    of: { group: 'aws_ami_launch_permission' },
    enters: ['all'],
    sentence: 'Everybody with an AWS account can start and read the image.',
    whether: 'the image is shared with everybody',
  },
];

/**
 * The least TLS version of a load balancer's policy; names without one are of the time of TLS 1.0.
 * Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
 */
function leastTls(policy: string): number | undefined {
  const named = /^ELBSecurityPolicy-(?:TLS13|TLS|FS)-1-([0-3])(?:-|$)/.exec(policy);
  if (named) return Number(named[1]);
  return /^ELBSecurityPolicy-(?:20\d\d|FS-20\d\d)-/.test(policy) ? 0 : undefined;
}

const WEAKER: readonly Ranking[] = [
  {
    rule: 'tls-weakened',
    category: 'exposure',
    severity: 'high',
    of: { ssl_policy: 'aws_lb_listener aws_alb_listener' },
    order: leastTls,
    sentence: 'Older versions of TLS are accepted: {to} instead of {from}.',
    whether: 'older versions of TLS stay refused',
  },
  {
    rule: 'tls-weakened',
    category: 'exposure',
    severity: 'high',
    of: { 'viewer_certificate[0].minimum_protocol_version': 'aws_cloudfront_distribution' },
    // Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html
    order: [
      'SSLv3',
      'TLSv1',
      'TLSv1_2016',
      'TLSv1.1_2016',
      'TLSv1.2_2018',
      'TLSv1.2_2019',
      'TLSv1.2_2021',
      'TLSv1.2_2025',
      'TLSv1.3_2025',
    ],
    sentence: 'Older versions of TLS are accepted: {to} instead of {from}.',
    whether: 'older versions of TLS stay refused',
  },
  {
    rule: 'tls-weakened',
    category: 'exposure',
    severity: 'high',
    of: {
      security_policy: 'aws_api_gateway_domain_name',
      'domain_name_configuration[0].security_policy': 'aws_apigatewayv2_domain_name',
    },
    order: ['TLS_1_0', 'TLS_1_2'],
    sentence: 'Older versions of TLS are accepted: {to} instead of {from}.',
    whether: 'older versions of TLS stay refused',
  },
  {
    rule: 'tls-weakened',
    category: 'exposure',
    severity: 'high',
    of: {
      'domain_endpoint_options[0].tls_security_policy': 'aws_opensearch_domain aws_elasticsearch_domain',
    },
    order: ['Policy-Min-TLS-1-0-2019-07', 'Policy-Min-TLS-1-2-2019-07', 'Policy-Min-TLS-1-2-PFS-2023-10'],
    sentence: 'Older versions of TLS are accepted: {to} instead of {from}.',
    whether: 'older versions of TLS stay refused',
  },
  {
    rule: 'unencrypted-transport',
    category: 'exposure',
    severity: 'high',
    of: {
      protocol: 'aws_lb_listener aws_alb_listener aws_lb_target_group aws_alb_target_group',
    },
    order: ['HTTP', 'TCP', 'TCP_UDP', 'HTTPS', 'TLS'],
    sentence: 'Requests travel over {to} instead of {from}: who is on the way can read and change them.',
    whether: 'requests stay encrypted on the way',
  },
  {
    rule: 'unencrypted-transport',
    category: 'exposure',
    severity: 'high',
    of: { 'encryption_info[0].encryption_in_transit[0].client_broker': 'aws_msk_cluster' },
    order: ['PLAINTEXT', 'TLS_PLAINTEXT', 'TLS'],
    sentence: 'Messages may travel in clear: {to} instead of {from}.',
    whether: 'messages stay encrypted on the way',
  },
  {
    rule: 'unencrypted-transport',
    category: 'exposure',
    severity: 'high',
    of: { transit_encryption_mode: 'aws_elasticache_replication_group' },
    order: ['preferred', 'required'],
    sentence: 'Encryption on the way is only {to} instead of {from}: clients may connect in clear.',
    whether: 'traffic with it stays encrypted',
  },
];

/** Parameters of a database that hold an encrypted connection, and the values with which they do. */
const ENFORCING: Readonly<Record<string, readonly string[]>> = {
  'rds.force_ssl': ['1'],
  require_secure_transport: ['1', 'ON', 'on'],
  require_ssl: ['true'],
  tls: ['enabled', 'fips-140-3', 'tls1.2+', 'tls1.3+'],
  neptune_enforce_ssl: ['1'],
};

export const EXPOSURES: readonly Rule[] = [
  ...settingRules(OPENED),
  ...rankingRules(WEAKER),
  ...removalRules([
    {
      rule: 'unencrypted-storage',
      category: 'exposure',
      severity: 'high',
      of: { kms_master_key_id: 'aws_sns_topic' },
      sentence: 'Messages are no longer encrypted where they are stored.',
      whether: 'messages stay encrypted',
    },
    {
      rule: 'own-key-removed',
      category: 'exposure',
      severity: 'medium',
      of: {
        kms_master_key_id: 'aws_sqs_queue',
        kms_key_id:
          'aws_cloudwatch_log_group aws_cloudtrail aws_secretsmanager_secret aws_cloudtrail_event_data_store',
        'rule[0].apply_server_side_encryption_by_default[0].kms_master_key_id':
          'aws_s3_bucket_server_side_encryption_configuration',
      },
      sentence:
        'What is stored from now on is no longer encrypted with its own key: whoever may read the service can read it, whatever that key allowed.',
      whether: 'what is stored stays encrypted with its own key',
    },
  ]),
  ...guardRules([
    {
      rule: 'public-access-allowed',
      category: 'exposure',
      severity: 'high',
      types:
        'aws_s3_bucket_public_access_block aws_s3_account_public_access_block aws_emr_block_public_access_configuration aws_vpc_block_public_access_options',
      sentence:
        'The block of public access goes: an ACL or a policy can open it to everybody, unless it goes too.',
    },
    {
      rule: 'public-sharing-allowed',
      category: 'exposure',
      severity: 'high',
      types: 'aws_ebs_snapshot_block_public_access aws_ec2_image_block_public_access',
      sentence: 'Snapshots and images of the account can be shared with everybody again.',
    },
    {
      rule: 'unencrypted-storage',
      category: 'exposure',
      severity: 'high',
      types: 'aws_ebs_encryption_by_default aws_ebs_default_kms_key',
      sentence: 'New disks of the account are no longer encrypted by default, or no longer with its own key.',
    },
    {
      rule: 'own-key-removed',
      category: 'exposure',
      severity: 'medium',
      types: 'aws_s3_bucket_server_side_encryption_configuration',
      sentence:
        'New objects are encrypted only with the key of S3, unless the bucket goes too: whoever may read the bucket can read them.',
    },
    {
      rule: 'metadata-open',
      category: 'exposure',
      severity: 'medium',
      types: 'aws_ec2_instance_metadata_defaults',
      sentence:
        'New instances no longer have to ask for a session token before the metadata service answers.',
    },
  ]),
  {
    types: types(
      'aws_db_parameter_group aws_rds_cluster_parameter_group aws_redshift_parameter_group aws_docdb_cluster_parameter_group aws_neptune_cluster_parameter_group',
    ),
    at: ['change'],
    judge: parameters,
  },
  {
    types: types('aws_api_gateway_method'),
    at: ['create', 'change'],
    judge: openMethod('authorization', 'rest_api_id', 'http_method'),
  },
  {
    types: types('aws_apigatewayv2_route'),
    at: ['create', 'change'],
    judge: openMethod('authorization_type', 'api_id', 'route_key'),
  },
  { types: types('aws_lambda_permission'), at: ['create', 'change'], judge: lambdaPermission },
  { types: types('aws_lambda_layer_version_permission'), at: ['create', 'change'], judge: layerPermission },
  {
    types: types('aws_db_snapshot aws_db_snapshot_copy aws_db_cluster_snapshot'),
    at: ['create', 'change'],
    judge: sharedSnapshot,
  },
  { types: types('aws_snapshot_create_volume_permission'), at: ['create'], judge: sharedVolume },
  { types: types('aws_s3_bucket_acl'), at: ['create', 'change'], judge: publicGrants },
  { types: types('aws_eks_cluster'), at: ['change'], judge: kubernetesCidrs },
  { types: types('aws_wafv2_web_acl'), at: ['change'], judge: firewallRules },
  { types: types('aws_lb_listener aws_alb_listener'), at: ['change'], judge: redirectGone },
];

function exposure(rule: string, severity: Severity, sentence: string): Finding {
  return { rule, category: 'exposure', severity, sentence };
}

function isNew(change: Examined): boolean {
  return change.change.action === 'create';
}

function parameters(change: Examined): readonly Finding[] {
  const doubt = change.doubt('parameter');
  const before = valuesOf(change.listBefore('parameter'));
  const after = valuesOf(change.listAfter('parameter'));
  return Object.entries(ENFORCING).flatMap(([name, safe]) => {
    const was = before.get(name);
    const is = after.get(name);
    if (was === undefined || !safe.includes(was) || (is !== undefined && safe.includes(is))) return [];
    const rule = 'unencrypted-transport';
    return doubt
      ? [
          exposure(
            rule,
            'medium',
            unsure(doubt, `whether the database still refuses connections without encryption (${name})`),
          ),
        ]
      : [
          exposure(
            rule,
            'high',
            `The database no longer asks for encryption (${name}): clients may connect in clear.`,
          ),
        ];
  });
}

function valuesOf(list: readonly unknown[]): ReadonlyMap<unknown, string> {
  return new Map(list.filter(isObject).map((one) => [one['name'], String(one['value'])]));
}

/**
 * A public interface may be meant; it is told when one that asked who calls no longer does, or when one is added to an API
 * that exists, whose name is then known. Preflight requests (OPTIONS) never carry credentials.
 */
function openMethod(path: string, api: string, method: string): Rule['judge'] {
  return (change) => {
    if (/^OPTIONS\b/.test(String(change.after(method)))) return undefined;
    if (isNew(change) ? change.doubt(api) === 'unknown' : change.before(path) === 'NONE') return undefined;
    const doubt = change.doubt(path);
    if (doubt) return exposure('unauthenticated', 'medium', unsure(doubt, 'whether callers have to sign in'));
    if (change.after(path) !== 'NONE' || change.after('api_key_required') === true) return undefined;
    return exposure(
      'unauthenticated',
      isNew(change) ? 'medium' : 'high',
      'It may be called without signing in.',
    );
  };
}

function lambdaPermission(change: Examined): Finding | undefined {
  const isBound = ['source_arn', 'source_account', 'principal_org_id'].some(
    (path) => change.isSet(path) || change.doubt(path),
  );
  const isOpen = (principal: unknown): boolean => principal === '*';
  const doubt = change.doubt('principal');
  if (doubt && !isBound)
    return exposure('policy-public', 'medium', unsure(doubt, 'who may call the function'));
  if (!isOpen(change.after('principal')) || isBound) return undefined;
  if (
    !isNew(change) &&
    isOpen(change.before('principal')) &&
    !change.differs('source_arn') &&
    !change.differs('source_account') &&
    !change.differs('principal_org_id')
  )
    return undefined;
  return exposure('policy-public', 'high', 'Everybody with an AWS account may call the function.');
}

function layerPermission(change: Examined): Finding | undefined {
  if (change.after('principal') !== '*' || change.isSet('organization_id')) return undefined;
  return exposure('policy-public', 'high', 'Everybody with an AWS account may read the code of the layer.');
}

function sharedSnapshot(change: Examined): Finding | undefined {
  const before = change.listBefore('shared_accounts');
  const added = change.listAfter('shared_accounts').filter((one) => !before.includes(one));
  const doubt = change.doubt('shared_accounts');
  if (added.includes('all'))
    return exposure(
      'snapshot-shared',
      'high',
      'Everybody with an AWS account can restore the snapshot and read all of it.',
    );
  if (doubt) return exposure('snapshot-shared', 'medium', unsure(doubt, 'who can restore the snapshot'));
  return added.length > 0
    ? exposure('snapshot-shared', 'medium', `Another account can restore the snapshot and read all of it.`)
    : undefined;
}

function sharedVolume(change: Examined): Finding {
  return change.after('account_id') === 'all'
    ? exposure('snapshot-shared', 'high', 'Everybody with an AWS account can read the snapshot.')
    : exposure('snapshot-shared', 'medium', 'Another account can read all of the snapshot.');
}

const EVERYBODY = /\/groups\/global\/(?:AllUsers|AuthenticatedUsers)$/;

function publicGrants(change: Examined): Finding | undefined {
  const isPublic = (policy: unknown): boolean => {
    const grants = child(child(policy, 0), 'grant');
    return (
      Array.isArray(grants) &&
      grants.some((grant) => EVERYBODY.test(String(child(child(child(grant, 'grantee'), 0), 'uri'))))
    );
  };
  if (!isPublic(change.after('access_control_policy')) || isPublic(change.before('access_control_policy')))
    return undefined;
  return exposure(
    'bucket-public',
    'high',
    'The ACL lets everybody on the internet, or everybody with an AWS account, read the bucket.',
  );
}

function kubernetesCidrs(change: Examined): Finding | undefined {
  const path = 'vpc_config[0].public_access_cidrs';
  const isOpen = (list: readonly unknown[]): boolean => list.includes('0.0.0.0/0') || list.includes('::/0');
  if (change.after('vpc_config[0].endpoint_public_access') === false || isOpen(change.listBefore(path)))
    return undefined;
  if (change.before('vpc_config[0].endpoint_public_access') === false) return undefined;
  const doubt = change.doubt(path);
  if (doubt)
    return exposure(
      'kubernetes-public',
      'medium',
      unsure(doubt, 'from where the Kubernetes API can be reached'),
    );
  return isOpen(change.listAfter(path))
    ? exposure('kubernetes-public', 'high', 'The Kubernetes API can be reached from the whole internet.')
    : undefined;
}

function redirectGone(change: Examined): Finding | undefined {
  const path = 'default_action[0].type';
  if (change.before(path) !== 'redirect' || change.after('protocol') !== 'HTTP') return undefined;
  const doubt = change.doubt(path);
  if (doubt)
    return exposure(
      'unencrypted-transport',
      'medium',
      unsure(doubt, 'whether plain HTTP is still redirected'),
    );
  return change.after(path) === 'forward'
    ? exposure(
        'unencrypted-transport',
        'high',
        'Plain HTTP is served rather than redirected: who is on the way can read and change requests.',
      )
    : undefined;
}

function firewallRules(change: Examined): readonly Finding[] {
  const found: Finding[] = [];
  const blocks = (policy: unknown): boolean =>
    Array.isArray(child(child(policy, 0), 'block')) &&
    (child(child(policy, 0), 'block') as unknown[]).length > 0;
  const protection = (severity: Severity, sentence: string): Finding => ({
    rule: 'waf-weakened',
    category: 'protection',
    severity,
    sentence,
  });
  if (blocks(change.before('default_action')) && !blocks(change.after('default_action')))
    found.push(
      protection('high', 'The firewall lets through what no rule speaks of, where it used to stop it.'),
    );
  const names = new Set(change.listAfter('rule').map((rule) => child(rule, 'name')));
  const lost = change.listBefore('rule').filter((rule) => !names.has(child(rule, 'name'))).length;
  const doubt = change.doubt('rule');
  if (lost > 0 && doubt) found.push(protection('medium', unsure(doubt, 'which rules the firewall keeps')));
  else if (lost > 0)
    found.push(protection('high', fill('Rules of the firewall go: {lost} in number.', { lost })));
  return found;
}
