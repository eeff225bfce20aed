import { isReplace } from '../change-set';
import { subject } from './data-holders';
import type { Examined } from './examined';
import type { Severity } from './risk';
import { milder, types, type Finding, type Rule } from './rule';

/** What users miss at once when it is destroyed, and for a while when it is replaced. */
interface Serving {
  readonly rule: string;
  readonly what: string;
  readonly types: readonly string[];
  /** What holds while it is not there. */
  readonly missed: string;
  /** What is not as before once a new one stands. */
  readonly anew?: string;
  /** Of the destruction, and of a replacement that destroys first. @default high */
  readonly severity?: Severity;
}

const SERVING: readonly Serving[] = [
  {
    rule: 'load-balancer-destroyed',
    what: 'load balancer',
    types: types('aws_lb aws_alb aws_elb aws_lightsail_lb google_compute_forwarding_rule azurerm_lb'),
    missed: 'nobody reaches what is behind it',
    anew: 'it has another address, which names and clients have to follow',
  },
  {
    rule: 'listener-destroyed',
    what: 'listener',
    types: types('aws_lb_listener aws_alb_listener aws_globalaccelerator_listener aws_vpclattice_listener'),
    missed: 'its port answers nobody',
  },
  {
    rule: 'target-group-destroyed',
    what: 'target group',
    types: types('aws_lb_target_group aws_alb_target_group aws_vpclattice_target_group'),
    missed: 'no request reaches its targets',
    anew: 'its targets have to register and pass their health checks first',
  },
  {
    rule: 'service-destroyed',
    what: 'service',
    types: types(`
      aws_ecs_service aws_ecs_task_set aws_apprunner_service aws_lightsail_container_service
      aws_vpclattice_service google_cloud_run_service google_cloud_run_v2_service azurerm_container_app
      azurerm_linux_web_app azurerm_windows_web_app azurerm_app_service
    `),
    missed: 'none of its tasks runs, and who calls it fails',
    anew: 'its tasks start from nothing',
  },
  {
    rule: 'service-destroyed',
    what: 'deployment',
    types: types(
      'kubernetes_deployment kubernetes_deployment_v1 kubernetes_daemonset kubernetes_service kubernetes_service_v1 kubernetes_ingress_v1',
    ),
    missed: 'who calls it fails',
  },
  {
    rule: 'cluster-destroyed',
    what: 'cluster',
    types: types('aws_ecs_cluster aws_emrcontainers_virtual_cluster aws_emrserverless_application'),
    missed: 'nothing that ran in it runs',
  },
  {
    rule: 'capacity-destroyed',
    what: 'capacity',
    types: types(`
      aws_autoscaling_group aws_ecs_capacity_provider aws_ecs_cluster_capacity_providers aws_eks_node_group
      aws_eks_fargate_profile aws_ec2_fleet aws_spot_fleet_request aws_batch_compute_environment
      google_container_node_pool azurerm_kubernetes_cluster_node_pool google_compute_instance_group_manager
      google_compute_region_instance_group_manager azurerm_linux_virtual_machine_scale_set
    `),
    missed: 'what ran on it has no place to run',
  },
  {
    rule: 'capacity-destroyed',
    what: 'cluster add-on',
    types: types('aws_eks_addon aws_eks_identity_provider_config'),
    severity: 'medium',
    missed: 'what it did for the cluster is not done',
  },
  {
    rule: 'function-destroyed',
    what: 'function',
    types: types(`
      aws_lambda_function aws_lambda_alias google_cloudfunctions_function google_cloudfunctions2_function
      azurerm_linux_function_app azurerm_windows_function_app
    `),
    missed: 'who calls it fails',
  },
  {
    rule: 'function-destroyed',
    what: 'function URL',
    types: types('aws_lambda_function_url'),
    missed: 'who calls it fails',
    anew: 'it has another address',
  },
  {
    rule: 'network-destroyed',
    what: 'network',
    types: types(
      'aws_vpc aws_subnet google_compute_network google_compute_subnetwork azurerm_virtual_network azurerm_subnet',
    ),
    missed: 'what runs in it is cut off, or has to go first',
    anew: 'whatever runs in it has to move',
  },
  {
    rule: 'gateway-destroyed',
    what: 'gateway',
    types: types(`
      aws_nat_gateway aws_internet_gateway aws_egress_only_internet_gateway aws_ec2_carrier_gateway
      aws_ec2_transit_gateway aws_ec2_transit_gateway_vpc_attachment aws_ec2_transit_gateway_peering_attachment
      aws_ec2_transit_gateway_connect aws_vpn_gateway aws_vpn_connection aws_customer_gateway aws_dx_connection
      aws_dx_gateway aws_dx_gateway_association aws_dx_private_virtual_interface
      aws_dx_public_virtual_interface aws_dx_transit_virtual_interface aws_dx_lag aws_vpc_peering_connection
      aws_ec2_client_vpn_endpoint aws_networkmanager_core_network google_compute_router_nat
      google_compute_vpn_tunnel azurerm_nat_gateway azurerm_virtual_network_gateway
    `),
    missed: 'traffic that goes through it has no way',
    anew: 'its address or its routes change',
  },
  {
    rule: 'endpoint-destroyed',
    what: 'endpoint',
    types: types(`
      aws_vpc_endpoint aws_vpc_endpoint_service aws_efs_mount_target aws_route53_resolver_endpoint
      aws_s3_access_point aws_s3control_multi_region_access_point aws_efs_access_point
      aws_ec2_instance_connect_endpoint aws_redshift_endpoint_access aws_opensearch_vpc_endpoint
    `),
    missed: 'what goes through it fails',
  },
  {
    rule: 'route-destroyed',
    what: 'route',
    types: types(`
      aws_route aws_ec2_transit_gateway_route
      aws_vpn_connection_route aws_ec2_client_vpn_route google_compute_route azurerm_route
    `),
    severity: 'medium',
    missed: 'traffic for its destinations has no way, or takes another',
  },
  {
    rule: 'route-destroyed',
    what: 'route table',
    types: types(
      'aws_route_table aws_ec2_transit_gateway_route_table google_compute_router azurerm_route_table',
    ),
    severity: 'medium',
    missed: 'its subnets have no way out, or take the routes of another one',
  },
  {
    rule: 'address-released',
    what: 'public address',
    types: types(`
      aws_eip aws_lightsail_static_ip aws_globalaccelerator_accelerator
      aws_globalaccelerator_custom_routing_accelerator google_compute_address google_compute_global_address
      azurerm_public_ip
    `),
    missed: 'it is given back and cannot be had again: allow-lists and names that hold it break',
    anew: 'it is another one: allow-lists and names that hold the old one break',
  },
  {
    rule: 'security-group-destroyed',
    what: 'security group',
    types: types('aws_security_group azurerm_network_security_group'),
    severity: 'medium',
    missed: 'what uses it has to let go of it first, or AWS refuses and the apply waits',
    anew: 'rules of other groups that name the old one have to name the new one',
  },
  {
    rule: 'network-acl-destroyed',
    what: 'network ACL',
    types: types('aws_network_acl'),
    severity: 'medium',
    missed: 'its subnets fall back to the default one, with other rules',
  },
  {
    rule: 'dns-record-destroyed',
    what: 'DNS record',
    types: types(`
      aws_route53_record aws_route53_records_exclusive google_dns_record_set azurerm_dns_a_record
      azurerm_dns_cname_record cloudflare_record cloudflare_dns_record digitalocean_record
      aws_lightsail_domain_entry aws_route53_traffic_policy_instance
    `),
    missed: 'its name does not resolve, for as long as resolvers remember',
  },
  {
    rule: 'certificate-destroyed',
    what: 'certificate',
    types: types('aws_acm_certificate aws_iam_server_certificate aws_lightsail_certificate'),
    missed: 'what serves it cannot be reached safely; while something does, AWS refuses',
    anew: 'it has to be validated, and what serves it has to take the new one',
  },
  {
    rule: 'distribution-destroyed',
    what: 'distribution',
    types: types('aws_cloudfront_distribution aws_lightsail_distribution azurerm_cdn_endpoint'),
    missed: 'nobody reaches what it delivers',
    anew: 'it has another domain name',
  },
  {
    rule: 'api-destroyed',
    what: 'API',
    types: types(`
      aws_api_gateway_rest_api aws_apigatewayv2_api aws_api_gateway_stage aws_apigatewayv2_stage
      aws_api_gateway_domain_name aws_apigatewayv2_domain_name aws_api_gateway_base_path_mapping
      aws_apigatewayv2_api_mapping aws_appsync_graphql_api aws_appsync_domain_name aws_api_gateway_vpc_link
      aws_apigatewayv2_vpc_link aws_api_gateway_authorizer aws_apigatewayv2_authorizer
    `),
    missed: 'who calls it fails',
    anew: 'it may have another address',
  },
  {
    rule: 'api-destroyed',
    what: 'route of an API',
    types: types('aws_apigatewayv2_route aws_appsync_resolver aws_appsync_function aws_appsync_datasource'),
    severity: 'medium',
    missed: 'who calls it fails',
  },
  {
    rule: 'api-destroyed',
    what: 'API key',
    types: types('aws_api_gateway_api_key aws_appsync_api_key aws_api_gateway_usage_plan'),
    missed: 'who calls with it is refused',
  },
  {
    rule: 'database-instance-destroyed',
    what: 'instance of a database cluster',
    types: types(`
      aws_rds_cluster_instance aws_docdb_cluster_instance aws_neptune_cluster_instance
      aws_redshiftserverless_workgroup google_alloydb_instance
    `),
    missed: 'its connections break, and the cluster serves with what is left; the cluster keeps the data',
  },
  {
    rule: 'database-endpoint-destroyed',
    what: 'database endpoint',
    types: types(
      'aws_db_proxy aws_db_proxy_endpoint aws_db_proxy_target aws_rds_cluster_endpoint aws_neptune_cluster_endpoint',
    ),
    missed: 'who connects through it fails',
  },
  {
    rule: 'database-user-destroyed',
    what: 'database user',
    types: types(
      'aws_elasticache_user aws_elasticache_user_group aws_memorydb_user google_sql_user postgresql_role mysql_user',
    ),
    missed: 'who signs in as it is refused',
  },
  {
    rule: 'topic-destroyed',
    what: 'topic',
    types: types('aws_sns_topic aws_cloudwatch_event_bus aws_sns_platform_application'),
    missed: 'who publishes to it fails, and its subscribers hear nothing',
    anew: 'its subscriptions have to be made and confirmed again',
  },
  {
    rule: 'subscription-destroyed',
    what: 'subscription or trigger',
    types: types(`
      aws_sns_topic_subscription aws_lambda_event_source_mapping aws_cloudwatch_event_rule
      aws_cloudwatch_event_target aws_scheduler_schedule aws_scheduler_schedule_group aws_pipes_pipe
      aws_s3_bucket_notification aws_iot_topic_rule aws_kinesis_firehose_delivery_stream
      aws_kinesis_stream_consumer aws_mskconnect_connector aws_ses_receipt_rule aws_ses_receipt_rule_set
      aws_glue_trigger aws_dynamodb_kinesis_streaming_destination google_cloud_scheduler_job google_eventarc_trigger
    `),
    severity: 'medium',
    missed: 'what it started or delivered no longer happens, and what comes meanwhile is lost',
  },
  {
    rule: 'workflow-destroyed',
    what: 'workflow',
    types: types(`
      aws_sfn_state_machine aws_sfn_activity aws_batch_job_queue aws_mwaa_environment aws_glue_workflow
      aws_datapipeline_pipeline aws_kinesisanalyticsv2_application
    `),
    missed: 'its running executions are stopped',
  },
  {
    rule: 'pipeline-destroyed',
    what: 'pipeline',
    types: types(`
      aws_codepipeline aws_codebuild_project aws_codedeploy_app aws_codedeploy_deployment_group aws_glue_job
      aws_glue_crawler aws_dms_replication_task aws_dms_replication_instance aws_datasync_task
      aws_imagebuilder_image_pipeline aws_codestarconnections_connection aws_codeconnections_connection
    `),
    severity: 'medium',
    missed: 'what it built or moved is not built or moved',
  },
  {
    rule: 'environment-destroyed',
    what: 'environment',
    types: types(`
      aws_elastic_beanstalk_environment aws_elastic_beanstalk_application aws_amplify_app aws_amplify_branch
      aws_transfer_server aws_transfer_user aws_sagemaker_endpoint aws_gamelift_fleet aws_appstream_fleet
      aws_appstream_stack aws_s3_bucket_website_configuration vercel_project netlify_site
    `),
    missed: 'nobody reaches what runs in it',
  },
  {
    rule: 'discovery-destroyed',
    what: 'name in service discovery',
    types: types(`
      aws_service_discovery_service aws_service_discovery_http_namespace
      aws_service_discovery_private_dns_namespace aws_service_discovery_public_dns_namespace
    `),
    missed: 'services that find each other by it no longer do',
  },
  {
    rule: 'role-destroyed',
    what: 'role',
    types: types('aws_iam_role aws_iam_instance_profile aws_iam_service_linked_role google_service_account'),
    missed: 'what runs with it has no rights',
    anew: 'policies elsewhere that name the old one do not know the new one',
  },
  {
    rule: 'identity-destroyed',
    what: 'identity',
    types: types(`
      aws_iam_user aws_iam_access_key aws_iam_user_login_profile aws_iam_openid_connect_provider
      aws_iam_saml_provider aws_iam_service_specific_credential aws_iam_user_ssh_key
      aws_rolesanywhere_trust_anchor aws_rolesanywhere_profile aws_cognito_user_pool_client
      aws_cognito_user_pool_domain aws_cognito_identity_provider aws_cognito_resource_server
      aws_cognito_identity_pool_roles_attachment google_service_account_key
    `),
    missed: 'whoever signs in with it is locked out',
    anew: 'whoever signs in with the old one has to be given the new one',
  },
  {
    rule: 'mail-identity-destroyed',
    what: 'mail identity',
    types: types(`
      aws_ses_domain_identity aws_ses_email_identity aws_sesv2_email_identity aws_ses_domain_dkim
      aws_sesv2_configuration_set aws_ses_configuration_set
    `),
    missed: 'mail is not sent, or not trusted',
  },
  {
    rule: 'key-alias-destroyed',
    what: 'name of a key',
    types: types('aws_kms_alias'),
    severity: 'medium',
    missed: 'whoever encrypts or decrypts by this name fails',
  },
  {
    rule: 'share-destroyed',
    what: 'share',
    types: types('aws_ram_resource_share aws_ec2_managed_prefix_list'),
    missed: 'whoever used it is refused',
  },
];

export const INTERRUPTIONS: readonly Rule[] = SERVING.map((serving) => ({
  types: serving.types,
  at: ['gone'],
  judge: (change) => interruption(serving, change),
}));

/** A replacement that makes the new one first is milder; so is the end of a leftover, whose successor already serves. */
function interruption(serving: Serving, change: Examined): Finding {
  const { action, deposed } = change.change;
  const replaced = isReplace(action);
  const severity = serving.severity ?? 'high';
  const gentle = action === 'create-then-delete' || deposed !== undefined;
  return {
    rule: serving.rule,
    category: 'downtime',
    severity: gentle ? milder(severity) : severity,
    sentence: replaced
      ? replacement(serving, change)
      : `${subject(serving.what, change)} is destroyed: ${serving.missed}.`,
  };
}

function replacement({ what, missed, anew }: Serving, { change }: Examined): string {
  if (change.action === 'create-then-delete')
    return `The ${what} is replaced, the new one first: ${anew ?? 'what still uses the old one when it goes fails'}.`;
  return `The ${what} is destroyed before a new one stands: until then, ${missed}${anew === undefined ? '' : `; then ${anew}`}.`;
}
