import { all, at, constructJson, only, type StackJson } from '../test-json';
import { IDLE_TIMEOUT_SECONDS, LoadBalancer, type LoadBalancerProps } from './load-balancer';

const domain = { name: 'app.example.com', hostedZoneId: 'Z0123456789EXAMPLE' };

function balancer(change: Partial<LoadBalancerProps> = {}): { json: StackJson; url: string } {
  let url = '';
  const json = constructJson((scope) => {
    url = new LoadBalancer(scope, 'lb', {
      name: 'acme-prod',
      vpcId: 'vpc-1',
      publicSubnetIds: ['subnet-a', 'subnet-b'],
      domain,
      deletionProtection: true,
      logBucket: 'acme-logs',
      ...change,
    }).url;
  });
  return { json, url };
}

describe('with a domain', () => {
  const { json, url } = balancer();

  test('HTTPS takes TLS 1.2 and 1.3 with an issued certificate, and answers 404 where no service does', () => {
    expect(all(json, 'aws_lb_listener').find(({ port }) => port === 443)).toEqual({
      load_balancer_arn: '${aws_lb.lb_balancer_15CD2B33.arn}',
      port: 443,
      protocol: 'HTTPS',
      ssl_policy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
      certificate_arn: '${aws_acm_certificate_validation.lb_certificate-issued_67F0A174.certificate_arn}',
      default_action: [
        {
          type: 'fixed-response',
          fixed_response: { content_type: 'text/plain', message_body: 'Not found', status_code: '404' },
        },
      ],
    });
  });

  test('HTTP does nothing but send to HTTPS, for good', () => {
    expect(all(json, 'aws_lb_listener').find(({ port }) => port === 80)?.['default_action']).toEqual([
      { type: 'redirect', redirect: { port: '443', protocol: 'HTTPS', status_code: 'HTTP_301' } },
    ]);
  });

  test('the certificate is for the name and what is below, proven by one record in the hosted zone', () => {
    expect(only(json, 'aws_acm_certificate')).toMatchObject({
      domain_name: 'app.example.com',
      subject_alternative_names: ['*.app.example.com'],
      validation_method: 'DNS',
    });
    expect(only(json, 'aws_acm_certificate_validation')['validation_record_fqdns']).toEqual([
      '${aws_route53_record.lb_certificate-proof_EFAF72FD.fqdn}',
    ]);
  });

  test('the name and what is below point at the balancer', () => {
    const records = all(json, 'aws_route53_record');
    expect(records.map(({ zone_id }) => zone_id as string)).toEqual(Array(3).fill('Z0123456789EXAMPLE'));
    expect(
      records
        .filter(({ alias }) => alias as unknown)
        .map(({ name, type, alias }) => [name, type, alias.name]),
    ).toEqual([
      ['*.app.example.com', 'A', '${aws_lb.lb_balancer_15CD2B33.dns_name}'],
      ['app.example.com', 'A', '${aws_lb.lb_balancer_15CD2B33.dns_name}'],
    ]);
    expect(url).toBe('https://app.example.com');
  });
});

describe('in an ephemeral environment', () => {
  const { json, url } = balancer({ domain: 'ephemeral', deletionProtection: false });

  test('plain HTTP is the only listener and the only way in', () => {
    expect(only(json, 'aws_lb_listener')).toMatchObject({ port: 80, protocol: 'HTTP' });
    expect(only(json, 'aws_vpc_security_group_ingress_rule')).toMatchObject({ from_port: 80, to_port: 80 });
    expect(json.resource).not.toHaveProperty('aws_acm_certificate');
    expect(url).toMatch(/^http:\/\//);
  });
});

test('it reaches nothing by itself: services open the way to their tasks', () => {
  expect(all(balancer().json, 'aws_vpc_security_group_egress_rule')).toEqual([]);
});

test('it drops malformed headers, logs requests and connections, and is protected as told', () => {
  expect(only(balancer().json, 'aws_lb')).toMatchObject({
    internal: false,
    drop_invalid_header_fields: true,
    enable_deletion_protection: true,
    access_logs: { enabled: true, bucket: 'acme-logs', prefix: 'access' },
    connection_logs: { enabled: true, bucket: 'acme-logs', prefix: 'connection' },
  });
  expect(only(balancer({ deletionProtection: false }).json, 'aws_lb')['enable_deletion_protection']).toBe(
    false,
  );
});

test('an idle connection is closed after the time that services count on', () => {
  expect(IDLE_TIMEOUT_SECONDS).toBe(60);
  expect(only(balancer().json, 'aws_lb')['idle_timeout']).toBe(IDLE_TIMEOUT_SECONDS);
});

test('its security group has a name of its own, so that a new one can stand beside it', () => {
  expect(at(balancer().json, 'aws_security_group.lb_security-group_CD7A326C')).toMatchObject({
    name_prefix: 'acme-prod-load-balancer-',
    lifecycle: { create_before_destroy: true },
  });
});
