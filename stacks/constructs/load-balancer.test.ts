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
      hosts: [],
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

  test('the certificate is for the name alone, proven in the hosted zone, where the name points at the balancer', () => {
    expect(only(json, 'aws_acm_certificate')).toEqual({
      domain_name: 'app.example.com',
      validation_method: 'DNS',
      lifecycle: { create_before_destroy: true },
    });
    expect(all(json, 'aws_route53_record').map(({ zone_id }) => zone_id as string)).toEqual([
      'Z0123456789EXAMPLE',
      'Z0123456789EXAMPLE',
    ]);
    expect(url).toBe('https://app.example.com');
  });
});

describe('with hosts of services', () => {
  const { json } = balancer({ hosts: ['app.example.com', 'shop.app.example.com'] });
  const records = all(json, 'aws_route53_record');

  test('the certificate is for each name once, and issued when each is proven', () => {
    expect(only(json, 'aws_acm_certificate')).toMatchObject({
      domain_name: 'app.example.com',
      subject_alternative_names: ['shop.app.example.com'],
    });
    const proofs = Object.entries(json.resource['aws_route53_record']!).filter(([id]) =>
      id.includes('proof'),
    );
    expect(only(json, 'aws_acm_certificate_validation')['validation_record_fqdns']).toEqual(
      proofs.map(([id]) => `\${aws_route53_record.${id}.fqdn}`).reverse(),
    );
    expect(proofs.map(([, { name }]) => name as string).sort()).toEqual(
      ['app.example.com', 'shop.app.example.com'].map(
        (name) =>
          `\${one([for proof in aws_acm_certificate.lb_certificate_726BC70F.domain_validation_options : proof.resource_record_name if proof.domain_name == "${name}"])}`,
      ),
    );
  });

  test('each name points at the balancer', () => {
    const aliases = records.filter(({ alias }) => alias as unknown);
    expect(aliases.map(({ name, type, alias }) => [name, type, alias.name] as unknown[]).sort()).toEqual([
      ['app.example.com', 'A', '${aws_lb.lb_balancer_15CD2B33.dns_name}'],
      ['shop.app.example.com', 'A', '${aws_lb.lb_balancer_15CD2B33.dns_name}'],
    ]);
  });

  test('what the name had keeps its address, with and without others', () => {
    const without = Object.keys(balancer().json.resource['aws_route53_record']!);
    expect(without).toHaveLength(2);
    expect(Object.keys(json.resource['aws_route53_record']!)).toEqual(expect.arrayContaining(without));
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
