import type { Examined } from './examined';
import { milder, types, type Finding, type Rule } from './rule';
import type { Severity } from './risk';
import { days } from './text';

/** What loses data when it is destroyed, or replaced by an empty one. */
interface Holder {
  readonly rule: string;
  /** What a reader calls it: `database`. */
  readonly what: string;
  readonly types: readonly string[];
  /** What becomes of it, said after its name, or a look at its settings that tells. */
  readonly fate: string | ((change: Examined) => Fate);
  /** @default critical */
  readonly severity?: Severity;
}

interface Fate {
  readonly fate: string;
  /** @default the holder's */
  readonly severity?: Severity;
  /** @default data-loss */
  readonly category?: Finding['category'];
  readonly rule?: string;
}

/**
 * The settings that decide (`skip_final_snapshot`, `force_destroy` and so on) are read from before the change, because the
 * provider destroys by what stands in the state: what a plan changes of them comes too late for its own destruction.
 */
const HOLDERS: readonly Holder[] = [
  {
    rule: 'database-destroyed',
    what: 'database',
    types: types('aws_db_instance'),
    fate: databaseInstance,
  },
  {
    rule: 'database-destroyed',
    what: 'database',
    types: types('aws_rds_cluster aws_docdb_cluster aws_neptune_cluster aws_redshift_cluster'),
    fate: (change) => withFinalSnapshot(change, 'final_snapshot_identifier'),
  },
  {
    rule: 'database-destroyed',
    what: 'database',
    types: types('aws_lightsail_database'),
    fate: (change) => withFinalSnapshot(change, 'final_snapshot_name'),
  },
  {
    rule: 'database-destroyed',
    what: 'database',
    types: types(`
      aws_docdbelastic_cluster aws_dsql_cluster aws_keyspaces_keyspace aws_neptunegraph_graph aws_qldb_ledger
      aws_rds_shard_group aws_redshiftserverless_namespace aws_simpledb_domain aws_timestreaminfluxdb_db_instance
      aws_timestreamwrite_database
      google_alloydb_cluster google_bigtable_instance google_firestore_database google_spanner_database
      google_spanner_instance google_sql_database google_sql_database_instance
      azurerm_cosmosdb_account azurerm_cosmosdb_cassandra_keyspace azurerm_cosmosdb_gremlin_database
      azurerm_cosmosdb_mongo_database azurerm_cosmosdb_postgresql_cluster azurerm_cosmosdb_sql_database
      azurerm_kusto_cluster azurerm_kusto_database azurerm_mariadb_database azurerm_mariadb_server
      azurerm_mssql_database azurerm_mssql_managed_database azurerm_mssql_managed_instance azurerm_mssql_server
      azurerm_mysql_database azurerm_mysql_flexible_database azurerm_mysql_flexible_server azurerm_mysql_server
      azurerm_postgresql_database azurerm_postgresql_flexible_server azurerm_postgresql_flexible_server_database
      azurerm_postgresql_server azurerm_sql_database azurerm_sql_server azurerm_synapse_sql_pool
      digitalocean_database_cluster digitalocean_database_db mongodbatlas_advanced_cluster mongodbatlas_cluster
      mysql_database postgresql_database snowflake_database snowflake_schema cloudflare_d1_database
    `),
    fate: 'is destroyed with everything in it',
  },
  {
    rule: 'global-database-destroyed',
    what: 'global database',
    types: types(`
      aws_rds_global_cluster aws_docdb_global_cluster aws_neptune_global_cluster
      aws_elasticache_global_replication_group aws_memorydb_multi_region_cluster
    `),
    severity: 'high',
    fate: 'is taken apart: its regions no longer follow each other, and the copies go with their own clusters',
  },
  {
    rule: 'table-destroyed',
    what: 'table',
    types: types('aws_dynamodb_table'),
    fate: dynamoTable,
  },
  {
    rule: 'table-destroyed',
    what: 'table',
    types: types(`
      aws_dynamodb_global_table aws_keyspaces_table aws_timestreamwrite_table aws_s3tables_table
      google_bigquery_table google_bigtable_table azurerm_storage_table azurerm_cosmosdb_table
      azurerm_cosmosdb_sql_container azurerm_cosmosdb_mongo_collection snowflake_table
    `),
    fate: 'is destroyed with everything in it',
  },
  {
    rule: 'table-destroyed',
    what: 'table replica',
    types: types('aws_dynamodb_table_replica'),
    severity: 'high',
    fate: 'is destroyed: its region no longer has the data, which the other regions keep',
  },
  {
    rule: 'table-destroyed',
    what: 'table item',
    types: types('aws_dynamodb_table_item'),
    severity: 'high',
    fate: 'is deleted from its table',
  },
  {
    rule: 'cache-destroyed',
    what: 'cache',
    types: types('aws_elasticache_replication_group aws_elasticache_cluster'),
    fate: (change) => cache(change, 'final_snapshot_identifier'),
  },
  {
    rule: 'cache-destroyed',
    what: 'database cluster',
    types: types('aws_memorydb_cluster'),
    fate: (change) => cache(change, 'final_snapshot_name'),
  },
  {
    rule: 'cache-destroyed',
    what: 'cache',
    types: types(`
      aws_elasticache_serverless_cache aws_dax_cluster google_redis_instance google_redis_cluster
      google_memcache_instance azurerm_redis_cache azurerm_redis_enterprise_cluster
    `),
    severity: 'high',
    fate: 'is destroyed with everything in it: what was only there is lost, and what it spared its database comes back at once',
  },
  {
    rule: 'snapshot-destroyed',
    what: 'snapshot',
    types: types(`
      aws_db_snapshot aws_db_snapshot_copy aws_db_cluster_snapshot aws_rds_cluster_snapshot_copy
      aws_docdb_cluster_snapshot aws_neptune_cluster_snapshot aws_redshift_cluster_snapshot
      aws_redshiftserverless_snapshot aws_ebs_snapshot aws_ebs_snapshot_copy aws_ebs_snapshot_import
      aws_memorydb_snapshot aws_fsx_openzfs_snapshot google_compute_snapshot azurerm_snapshot
      azurerm_netapp_snapshot digitalocean_volume_snapshot
    `),
    fate: 'is deleted: nothing can be restored from it any more',
  },
  {
    rule: 'backup-destroyed',
    what: 'backup',
    types: types('aws_fsx_backup google_gke_backup_backup_plan'),
    fate: 'is deleted: nothing can be restored from it any more',
  },
  {
    rule: 'backup-destroyed',
    what: 'backup vault',
    types: types('aws_backup_vault'),
    fate: ifForced('force_destroy', 'every recovery point in it'),
  },
  {
    rule: 'backup-destroyed',
    what: 'backup vault',
    types: types(`
      aws_backup_logically_air_gapped_vault azurerm_recovery_services_vault azurerm_data_protection_backup_vault
      google_backup_dr_backup_vault aws_glacier_vault
    `),
    fate: 'is destroyed with what can be restored from it',
  },
  {
    rule: 'bucket-destroyed',
    what: 'bucket',
    types: types('aws_s3_bucket'),
    fate: bucket,
  },
  {
    rule: 'bucket-destroyed',
    what: 'bucket',
    types: types('aws_s3_directory_bucket google_storage_bucket'),
    fate: ifForced('force_destroy', 'every object in it'),
  },
  {
    rule: 'bucket-destroyed',
    what: 'bucket',
    types: types('aws_lightsail_bucket'),
    fate: ifForced('force_delete', 'every object in it'),
  },
  {
    rule: 'bucket-destroyed',
    what: 'bucket',
    types: types(`
      aws_s3control_bucket aws_s3tables_table_bucket digitalocean_spaces_bucket cloudflare_r2_bucket
      azurerm_storage_account azurerm_storage_container azurerm_storage_share azurerm_storage_queue
      azurerm_storage_data_lake_gen2_filesystem
    `),
    fate: 'is destroyed with everything in it',
  },
  {
    rule: 'object-destroyed',
    what: 'object',
    types: types(
      'aws_s3_object aws_s3_bucket_object aws_s3_object_copy google_storage_bucket_object azurerm_storage_blob',
    ),
    severity: 'high',
    fate: 'is deleted: only an earlier version in a versioned bucket brings it back',
  },
  {
    rule: 'volume-destroyed',
    what: 'volume',
    types: types('aws_ebs_volume'),
    fate: (change) =>
      change.before('final_snapshot') === true
        ? { severity: 'high', fate: 'is destroyed with everything on it; a final snapshot is taken' }
        : { fate: 'is destroyed with everything on it' },
  },
  {
    rule: 'volume-destroyed',
    what: 'volume',
    types: types(`
      aws_lightsail_disk aws_storagegateway_cached_iscsi_volume aws_storagegateway_stored_iscsi_volume
      aws_fsx_openzfs_volume aws_fsx_ontap_storage_virtual_machine
      google_compute_disk google_compute_region_disk azurerm_managed_disk azurerm_netapp_volume
      digitalocean_volume hcloud_volume linode_volume openstack_blockstorage_volume_v3
      kubernetes_persistent_volume kubernetes_persistent_volume_v1
    `),
    fate: 'is destroyed with everything on it',
  },
  {
    rule: 'volume-destroyed',
    what: 'volume claim',
    types: types('kubernetes_persistent_volume_claim kubernetes_persistent_volume_claim_v1'),
    fate: 'is deleted, and the volume with everything on it goes too unless its reclaim policy keeps it',
  },
  {
    rule: 'file-system-destroyed',
    what: 'file system',
    types: types(
      'aws_fsx_windows_file_system aws_fsx_lustre_file_system aws_fsx_openzfs_file_system aws_fsx_ontap_volume',
    ),
    fate: (change) =>
      change.before('skip_final_backup') === false
        ? { severity: 'high', fate: 'is destroyed with every file on it; a final backup is taken' }
        : { fate: 'is destroyed with every file on it' },
  },
  {
    rule: 'file-system-destroyed',
    what: 'file system',
    types: types(`
      aws_efs_file_system aws_fsx_ontap_file_system aws_fsx_file_cache google_filestore_instance
      azurerm_netapp_pool
    `),
    fate: 'is destroyed with every file on it',
  },
  {
    rule: 'key-destroyed',
    what: 'key',
    types: types('aws_kms_key aws_kms_external_key aws_kms_replica_key aws_kms_replica_external_key'),
    fate: kmsKey,
  },
  {
    rule: 'key-destroyed',
    what: 'key',
    types: types(`
      aws_cloudhsm_v2_cluster aws_kms_custom_key_store aws_paymentcryptography_key
      google_kms_crypto_key google_kms_crypto_key_version azurerm_key_vault_key
      azurerm_key_vault_managed_hardware_security_module
    `),
    fate: 'is destroyed: what is encrypted with it can no longer be read',
  },
  {
    rule: 'key-destroyed',
    what: 'private key',
    types: types('tls_private_key'),
    severity: 'high',
    fate: 'is thrown away: certificates and logins made from it stop working',
  },
  {
    rule: 'certificate-authority-destroyed',
    what: 'certificate authority',
    types: types('aws_acmpca_certificate_authority google_privateca_certificate_authority'),
    fate: 'is destroyed: what it issued cannot be renewed or checked any more',
  },
  {
    rule: 'secret-destroyed',
    what: 'secret',
    types: types('aws_secretsmanager_secret'),
    fate: secret,
  },
  {
    rule: 'secret-destroyed',
    what: 'secret',
    types: types(`
      google_secret_manager_secret google_secret_manager_secret_version azurerm_key_vault_secret
      azurerm_key_vault_certificate azurerm_key_vault vault_mount vault_kv_secret vault_kv_secret_v2
      kubernetes_secret kubernetes_secret_v1
    `),
    severity: 'high',
    fate: 'is destroyed with its value: who needs it can no longer read it',
  },
  {
    rule: 'parameter-destroyed',
    what: 'parameter',
    types: types('aws_ssm_parameter'),
    severity: 'high',
    fate: 'is deleted with its value and its history: who reads it fails',
  },
  {
    rule: 'random-value-renewed',
    what: 'random password',
    types: types('random_password'),
    severity: 'high',
    fate: 'is thrown away: whoever still uses it is locked out',
  },
  {
    rule: 'random-value-renewed',
    what: 'random value',
    types: types('random_bytes random_id random_integer random_pet random_shuffle random_string random_uuid'),
    severity: 'medium',
    fate: 'is thrown away: what was named or numbered after it changes or is replaced too',
  },
  {
    rule: 'logs-destroyed',
    what: 'log group',
    types: types('aws_cloudwatch_log_group'),
    severity: 'high',
    fate: (change) =>
      change.before('skip_destroy') === true
        ? {
            rule: 'no-longer-managed',
            category: 'protection',
            severity: 'medium',
            fate: 'stays with its logs, but is no longer managed',
          }
        : { fate: 'is destroyed with every log in it' },
  },
  {
    rule: 'logs-destroyed',
    what: 'log store',
    types: types(`
      aws_cloudwatch_log_stream aws_cloudtrail_event_data_store aws_cloudwatch_event_archive
      aws_securitylake_data_lake google_logging_project_bucket_config azurerm_log_analytics_workspace
    `),
    severity: 'high',
    fate: 'is destroyed with every log in it',
  },
  {
    rule: 'metrics-destroyed',
    what: 'workspace',
    types: types('aws_prometheus_workspace aws_grafana_workspace azurerm_monitor_workspace'),
    severity: 'high',
    fate: 'is destroyed with the metrics and dashboards in it',
  },
  {
    rule: 'images-destroyed',
    what: 'image repository',
    types: types('aws_ecr_repository'),
    fate: ifForced('force_delete', 'every image in it'),
  },
  {
    rule: 'images-destroyed',
    what: 'image repository',
    types: types('aws_ecrpublic_repository'),
    fate: ifForced('force_destroy', 'every image in it'),
  },
  {
    rule: 'images-destroyed',
    what: 'artifact repository',
    types: types(`
      aws_codeartifact_domain aws_codeartifact_repository google_artifact_registry_repository
      google_container_registry azurerm_container_registry
    `),
    fate: 'is destroyed with everything published in it',
  },
  {
    rule: 'images-destroyed',
    what: 'machine image',
    types: types(
      'aws_ami aws_ami_copy aws_ami_from_instance google_compute_image azurerm_image azurerm_shared_image azurerm_shared_image_version',
    ),
    severity: 'high',
    fate: 'is removed: no machine can be started from it any more',
  },
  {
    rule: 'code-destroyed',
    what: 'code repository',
    types: types('aws_codecommit_repository aws_codecatalyst_source_repository google_sourcerepo_repository'),
    fate: 'is destroyed with its whole history',
  },
  {
    rule: 'code-destroyed',
    what: 'code repository',
    types: types('github_repository gitlab_project'),
    fate: (change) =>
      change.before('archive_on_destroy') === true
        ? { severity: 'high', fate: 'is archived: nobody can push to it any more' }
        : { fate: 'is destroyed with its whole history, its issues and its pull requests' },
  },
  {
    rule: 'messages-destroyed',
    what: 'queue',
    types: types(
      'aws_sqs_queue google_pubsub_subscription azurerm_servicebus_queue azurerm_servicebus_subscription cloudflare_queue',
    ),
    severity: 'high',
    fate: 'is destroyed with every message in it, and who sends to it fails',
  },
  {
    rule: 'messages-destroyed',
    what: 'stream',
    types: types(`
      aws_kinesis_stream aws_kinesis_video_stream aws_msk_cluster aws_msk_serverless_cluster aws_mq_broker
      google_pubsub_topic google_pubsub_lite_topic azurerm_eventhub azurerm_eventhub_namespace
      azurerm_servicebus_namespace azurerm_servicebus_topic confluent_kafka_cluster confluent_kafka_topic
      kafka_topic
    `),
    fate: 'is destroyed with every message in it, and who sends to it fails',
  },
  {
    rule: 'users-destroyed',
    what: 'user directory',
    types: types(`
      aws_cognito_user_pool aws_directory_service_directory aws_connect_instance aws_workspaces_directory
      google_identity_platform_tenant
    `),
    fate: 'is destroyed with all its users: nobody of them can sign in, and their passwords cannot be brought back',
  },
  {
    rule: 'users-destroyed',
    what: 'identity',
    types: types(`
      aws_cognito_identity_pool aws_cognito_user aws_cognito_user_group aws_identitystore_user
      aws_identitystore_group aws_pinpoint_app aws_sesv2_contact_list aws_customerprofiles_domain
    `),
    severity: 'high',
    fate: 'is deleted with what is stored about its users',
  },
  {
    rule: 'zone-destroyed',
    what: 'DNS zone',
    types: types('aws_route53_zone'),
    fate: (change) =>
      change.before('force_destroy') === true
        ? {
            fate: 'is destroyed with every record in it: its names stop resolving, and a new zone has other name servers',
          }
        : {
            severity: 'high',
            fate: 'is destroyed if only records of this plan are in it, and a new zone has other name servers; with any other record the apply fails',
          },
  },
  {
    rule: 'zone-destroyed',
    what: 'DNS zone',
    types: types(
      'google_dns_managed_zone azurerm_dns_zone azurerm_private_dns_zone cloudflare_zone digitalocean_domain',
    ),
    fate: 'is destroyed with every record in it: its names stop resolving',
  },
  {
    rule: 'search-destroyed',
    what: 'search domain',
    types: types(`
      aws_opensearch_domain aws_elasticsearch_domain aws_opensearchserverless_collection aws_cloudsearch_domain
      aws_kendra_index azurerm_search_service elasticstack_elasticsearch_index
    `),
    fate: 'is destroyed with every index in it',
  },
  {
    rule: 'machine-destroyed',
    what: 'machine',
    types: types('aws_instance aws_spot_instance_request'),
    severity: 'high',
    fate: machine,
  },
  {
    rule: 'machine-destroyed',
    what: 'machine',
    types: types(`
      aws_lightsail_instance aws_workspaces_workspace aws_cloud9_environment_ec2 aws_sagemaker_notebook_instance
      aws_codecatalyst_dev_environment aws_emr_cluster aws_opsworks_instance
      google_compute_instance azurerm_linux_virtual_machine azurerm_windows_virtual_machine azurerm_virtual_machine
      digitalocean_droplet hcloud_server linode_instance openstack_compute_instance_v2 vsphere_virtual_machine
    `),
    severity: 'high',
    fate: 'is destroyed with the disks that belong to it and everything on them',
  },
  {
    rule: 'kubernetes-destroyed',
    what: 'Kubernetes cluster',
    types: types(
      'aws_eks_cluster google_container_cluster azurerm_kubernetes_cluster digitalocean_kubernetes_cluster',
    ),
    fate: 'is destroyed with everything deployed in it',
  },
  {
    rule: 'kubernetes-destroyed',
    what: 'namespace',
    types: types('kubernetes_namespace kubernetes_namespace_v1'),
    fate: 'is deleted with everything in it, volume claims and secrets included',
  },
  {
    rule: 'kubernetes-destroyed',
    what: 'stateful set or release',
    types: types('kubernetes_stateful_set kubernetes_stateful_set_v1 helm_release'),
    severity: 'high',
    fate: 'is deleted with what it deployed; whether its volumes stay depends on their own policy',
  },
  {
    rule: 'stack-destroyed',
    what: 'stack',
    types: types(`
      aws_cloudformation_stack aws_cloudformation_stack_set_instance aws_cloudformation_stack_instances
      aws_serverlessapplicationrepository_cloudformation_stack aws_servicecatalog_provisioned_product
      aws_cloudcontrolapi_resource azurerm_resource_group_template_deployment
    `),
    fate: (change) =>
      change.before('retain_stack') === true || change.before('retain_stacks') === true
        ? { severity: 'medium', fate: 'is let go of: what it made stays, but nothing here manages it' }
        : { fate: 'is deleted with everything it made that has no policy of its own to stay' },
  },
  {
    rule: 'account-destroyed',
    what: 'account',
    types: types('aws_organizations_account'),
    fate: (change) =>
      change.before('close_on_deletion') === true
        ? { fate: 'is closed, and everything in it is deleted after 90 days' }
        : { fate: 'is removed from the organization: its policies no longer hold there' },
  },
  {
    rule: 'account-destroyed',
    what: 'project',
    types: types('google_project azurerm_resource_group azurerm_subscription'),
    fate: 'is deleted with everything in it',
  },
  {
    rule: 'catalog-destroyed',
    what: 'catalog',
    types: types(`
      aws_glue_catalog_database aws_glue_catalog_table aws_athena_database aws_athena_workgroup
      aws_athena_data_catalog aws_glue_registry aws_glue_schema aws_schemas_registry aws_schemas_schema
      aws_lakeformation_data_cells_filter aws_datazone_domain aws_datazone_project google_bigquery_dataset
    `),
    severity: 'high',
    fate: 'is destroyed with what is written in it: who queries through it fails',
  },
  {
    rule: 'store-destroyed',
    what: 'store',
    types: types(`
      aws_bedrockagent_knowledge_base aws_cloudfront_key_value_store aws_appconfig_hosted_configuration_version
      aws_codebuild_report_group aws_dataexchange_data_set aws_dataexchange_revision aws_finspace_kx_database
      aws_finspace_kx_environment aws_finspace_kx_volume aws_iot_thing aws_iot_thing_group
      aws_location_tracker aws_location_geofence_collection aws_location_place_index aws_medialive_channel
      aws_media_store_container aws_qbusiness_application aws_quicksight_analysis aws_quicksight_dashboard
      aws_quicksight_data_set aws_rekognition_collection aws_s3control_access_grants_instance
      aws_sagemaker_domain aws_sagemaker_feature_group aws_sagemaker_mlflow_tracking_server
      aws_sagemaker_model_package_group aws_sagemaker_space aws_sagemaker_user_profile
      aws_storagegateway_gateway aws_verifiedpermissions_policy_store aws_ssoadmin_permission_set
      aws_evidently_project aws_resourceexplorer2_index aws_synthetics_canary cloudflare_workers_kv_namespace
    `),
    severity: 'high',
    fate: 'is destroyed with what was collected in it',
  },
];

export const DATA_HOLDERS: readonly Rule[] = HOLDERS.map((holder) => ({
  types: holder.types,
  at: ['gone', 'forgotten'],
  judge: (change) => (isForgotten(change) ? letGo(holder, change) : lost(holder, change)),
}));

function isForgotten({ change }: Examined): boolean {
  return change.action.includes('forget');
}

function lost(holder: Holder, change: Examined): Finding {
  const known = typeof holder.fate === 'string' ? { fate: holder.fate } : holder.fate(change);
  return {
    rule: known.rule ?? holder.rule,
    category: known.category ?? 'data-loss',
    severity: known.severity ?? holder.severity ?? 'critical',
    sentence: `${subject(holder.what, change)} ${known.fate}${refused(change)}.`,
  };
}

/** Which of the objects a replacement has, or that it is a leftover, and which object therefore goes. */
export function subject(what: string, { change }: Examined): string {
  if (change.deposed !== undefined) return `A ${what} that an earlier replacement left over`;
  if (change.action === 'delete-then-create') return `The ${what} is replaced: the old one`;
  if (change.action === 'create-then-delete')
    return `The ${what} is replaced: once the new one stands, the old one`;
  return `The ${what}`;
}

function letGo(holder: Holder, { change }: Examined): Finding {
  const which =
    change.action === 'forget'
      ? `The ${holder.what}`
      : `The ${holder.what} is replaced by a new one: the old one`;
  return {
    rule: 'no-longer-managed',
    category: 'protection',
    severity: 'medium',
    sentence: `${which} stays as it is, with all it holds and costs, but Terraform no longer manages it.`,
  };
}

/** Switches that make the service refuse its destruction while they are on in the state. */
const GUARDS = ['deletion_protection', 'deletion_protection_enabled', 'termination_protection'];

function refused(change: Examined): string {
  const guarded = GUARDS.some((guard) => [true, 'ACTIVE'].includes(change.before(guard) as boolean));
  return guarded ? '; this is refused, and the apply fails, as long as its deletion protection is on' : '';
}

/** Nothing of a read replica is lost with it: its data is its source's. */
function databaseInstance(change: Examined): Fate {
  if (!change.wasSet('replicate_source_db')) return withFinalSnapshot(change, 'final_snapshot_identifier');
  return {
    rule: 'read-replica-destroyed',
    category: 'downtime',
    severity: 'high',
    fate: 'is a read replica, and is destroyed: who reads from it fails, and its source keeps the data',
  };
}

/** @param name the attribute that names the snapshot: without one, none can be taken */
function withFinalSnapshot(change: Examined, name: string): Fate {
  const kept = keptBackups(change);
  const skips = change.before('skip_final_snapshot');
  if (skips !== false)
    return {
      fate: `is destroyed with everything in it, and ${skips === true ? 'no final snapshot is taken' : 'it does not say here whether a final snapshot is taken'}${kept}`,
    };
  if (!change.wasSet(name))
    return {
      severity: 'high',
      fate: `is destroyed with everything in it; a final snapshot is asked for but has no name, for which the provider refuses and the apply fails${kept}`,
    };
  return {
    severity: 'high',
    fate: `is destroyed with everything in it; a final snapshot is taken${kept}`,
  };
}

/** RDS alone can leave automated backups behind. */
function keptBackups(change: Examined): string {
  if (!/^aws_(?:db_instance|rds_cluster)$/.test(change.change.type)) return '';
  const kept = change.before('backup_retention_period');
  return change.before('delete_automated_backups') === false && typeof kept === 'number' && kept > 0
    ? `; its automated backups stay for up to ${days(kept)}`
    : '';
}

/**
 * Deleting a table that has point-in-time recovery makes a system backup that AWS keeps for 35 days.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
 */
function dynamoTable(change: Examined): Fate {
  return change.before('point_in_time_recovery[0].enabled') === true
    ? { severity: 'high', fate: 'is destroyed with everything in it; AWS keeps one last backup for 35 days' }
    : { fate: 'is destroyed with everything in it' };
}

function cache(change: Examined, name: string): Fate {
  if (change.before('engine') === 'memcached')
    return {
      severity: 'high',
      fate: 'is destroyed with everything in it: what it spared its database comes back at once',
    };
  return change.wasSet(name)
    ? { severity: 'high', fate: 'is destroyed with everything in it; a final snapshot is taken' }
    : { fate: 'is destroyed with everything in it, and no final snapshot is taken' };
}

function ifForced(attribute: string, contents: string): (change: Examined) => Fate {
  return (change) =>
    change.before(attribute) === true
      ? { fate: `is destroyed with ${contents}` }
      : { severity: 'high', fate: 'is destroyed if it is empty; otherwise the apply fails' };
}

/** A state bucket's loss is everybody's: no stack knows its resources any more. */
function bucket(change: Examined): Fate {
  const name = change.before('bucket');
  const holdsState = typeof name === 'string' && /tf-?state|terraform/i.test(name);
  const known = ifForced('force_destroy', 'every object in it, all versions included')(change);
  return holdsState
    ? { ...known, fate: `${known.fate}; by its name it holds the state of Terraform` }
    : known;
}

/** The waiting time is 30 days where none is set: https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html */
function kmsKey(change: Examined): Fate {
  const window = change.before('deletion_window_in_days') ?? 30;
  const fate = `can no longer be used at once, and is deleted after ${days(window)}, until when that can be cancelled`;
  if (/_replica_/.test(change.change.type))
    return {
      severity: 'high',
      fate: `${fate}; keys of the same material in other regions still read what it encrypted`,
    };
  return { fate: `${fate}; then all that is encrypted with it is unreadable for good` };
}

/** 30 days where none is set: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html */
function secret(change: Examined): Fate {
  const window = change.before('recovery_window_in_days') ?? 30;
  return window === 0
    ? { fate: 'is deleted at once with all its versions, and cannot be restored' }
    : {
        severity: 'high',
        fate: `can no longer be read, and is deleted after ${days(window)}, until when it can be restored`,
      };
}

function machine(change: Examined): Fate {
  const keepsRoot = change.before('root_block_device[0].delete_on_termination') === false;
  return keepsRoot
    ? {
        severity: milder('high'),
        fate: 'is terminated: what runs on it stops, what is in memory or on instance store is lost, and its root volume stays',
      }
    : { fate: 'is terminated with its root volume: what runs on it stops, and what is only there is lost' };
}
