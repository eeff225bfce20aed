import { constructJson, only } from '../test-json';
import { PlatformDashboard, type PlatformDashboardProps } from './platform-dashboard';

interface Widget {
  readonly x: number;
  readonly y: number;
  readonly properties: { readonly title: string; readonly metrics: readonly (readonly string[])[] };
}

const props: PlatformDashboardProps = {
  name: 'acme-prod',
  region: 'eu-west-1',
  clusterName: 'acme-prod',
  instanceGroupName: 'acme-prod-1',
  natGatewayIds: ['nat-a', 'nat-b'],
  loadBalancerArnSuffix: 'app/acme-prod/1',
  services: ['api', 'web'],
  webAclName: 'acme-prod',
  databaseIdentifier: 'acme-prod-database',
};
const widgets = (of: PlatformDashboardProps): readonly Widget[] => {
  const json = constructJson((scope) => new PlatformDashboard(scope, 'dashboard', of));
  const { dashboard_name, dashboard_body } = only(json, 'aws_cloudwatch_dashboard');
  expect(dashboard_name).toBe('acme-prod');
  return (JSON.parse(String(dashboard_body)) as { widgets: readonly Widget[] }).widgets;
};

test('each service has its lines', () => {
  const cpu = widgets(props).find(({ properties }) => properties.title === 'CPU of the services');
  expect(cpu?.properties.metrics).toEqual([
    ['AWS/ECS', 'CPUUtilization', 'ClusterName', 'acme-prod', 'ServiceName', 'acme-prod-api'],
    ['AWS/ECS', 'CPUUtilization', 'ClusterName', 'acme-prod', 'ServiceName', 'acme-prod-web'],
  ]);
});

test('no graph stands on another', () => {
  const places = widgets(props).map(({ x, y }) => `${x},${y}`);
  expect(new Set(places).size).toBe(places.length);
  expect(places.slice(0, 3)).toEqual(['0,0', '12,0', '0,6']);
});

test('each NAT gateway has its line, and an environment without any has no graph of them', () => {
  const ofNat = (all: readonly Widget[]): readonly Widget['properties']['metrics'][] =>
    all.map(({ properties }) => properties.metrics).filter(([metric]) => metric?.[0] === 'AWS/NATGateway');
  expect(ofNat(widgets(props))).toEqual([
    [
      ['AWS/NATGateway', 'ErrorPortAllocation', 'NatGatewayId', 'nat-a'],
      ['AWS/NATGateway', 'ErrorPortAllocation', 'NatGatewayId', 'nat-b'],
    ],
  ]);
  expect(ofNat(widgets({ ...props, natGatewayIds: [] }))).toEqual([]);
});

test('an environment without a database has no graph of one', () => {
  const ofDatabase = (all: readonly Widget[]): readonly Widget[] =>
    all.filter(({ properties }) => properties.metrics.some(([namespace]) => namespace === 'AWS/RDS'));
  const { databaseIdentifier: _database, ...without } = props;
  expect(ofDatabase(widgets(props))).toHaveLength(4);
  expect(ofDatabase(widgets(without))).toEqual([]);
});
