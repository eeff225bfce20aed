import { allowedEndpoints, environmentHosts, registryHosts } from './egress';

const place = {
  project: 'acme',
  environment: { account: '222222222222', region: 'eu-central-1' },
  registry: { account: '111111111111', region: 'eu-west-1' },
  buckets: ['acme-logs'],
  domain: 'app.example.com',
};

it('lists each host once with its port, in one line, parted by single spaces', () => {
  expect(allowedEndpoints(['github', 'terraform', 'github'], ['a.example.com:80', 'github.com'])).toBe(
    'a.example.com:80 api.github.com:443 github.com:443 registry.terraform.io:443 releases.hashicorp.com:443',
  );
});

it('gives a job nothing that it has no need of', () => {
  expect(allowedEndpoints(['github'], [])).toBe('api.github.com:443 github.com:443');
  expect(allowedEndpoints([], [])).toBe('');
});

it('reaches the services of both regions, and the states of both accounts', () => {
  const hosts = environmentHosts(place);
  expect(hosts.filter((host) => host.startsWith('sts.'))).toEqual([
    'sts.eu-central-1.amazonaws.com',
    'sts.eu-west-1.amazonaws.com',
  ]);
  expect(hosts.filter((host) => host.includes('.s3.'))).toEqual([
    'acme-222222222222-eu-central-1-tfstate.s3.eu-central-1.amazonaws.com',
    'acme-111111111111-eu-west-1-tfstate.s3.eu-west-1.amazonaws.com',
    'acme-logs.s3.eu-central-1.amazonaws.com',
  ]);
});

it('tries an environment at its domain, and an ephemeral one at whatever AWS calls its balancer', () => {
  expect(environmentHosts(place).at(-1)).toBe('app.example.com');
  expect(environmentHosts({ ...place, domain: undefined }).at(-1)).toBe(
    '*.eu-central-1.elb.amazonaws.com:80',
  );
});

it('names no pattern but that one: each would let through what others own', () => {
  expect(environmentHosts(place).filter((host) => host.includes('*'))).toEqual([]);
});

it('pushes to one registry, and signs in', () => {
  expect(registryHosts(place.registry)).toEqual([
    '111111111111.dkr.ecr.eu-west-1.amazonaws.com',
    'api.ecr.eu-west-1.amazonaws.com',
    'sts.eu-west-1.amazonaws.com',
  ]);
});
