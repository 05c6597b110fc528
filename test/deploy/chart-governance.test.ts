import { describeWithHelm, helm, render, siteWith } from './helm.ts';

interface Pod {
  containers: { env: { name: string; value?: string; valueFrom?: object }[]; volumeMounts: { name: string; mountPath: string }[] }[];
  volumes: { name: string; configMap?: { name: string }; secret?: { secretName: string } }[];
}

const GOVERNED = {
  policyConfigMap: 'policies',
  rego: { configMap: 'rego' },
  opaUrl: 'http://opa:8181/v1/data/breakwater/decision',
  approvals: { keySecret: { name: 'approval-key' }, publicKeys: { configMap: 'approval-keys' } },
  reviews: { publicKeys: { configMap: 'review-keys' } },
  changeControl: { configMap: 'change-control', secretsName: 'change-secrets' },
  audit: { keySecret: { name: 'audit-key' }, urlSecret: { name: 'audit-url' } },
};

const podOf = (component: string, governance?: object): Pod => {
  const found = render({ ...siteWith(), ...(governance && { governance }) }).find(
    ({ kind, metadata }) => kind === 'Deployment' && metadata.name === `chaos-breakwater-${component}`,
  );
  return (found?.['spec'] as { template: { spec: Pod } }).template.spec;
};

/** The settings of a pod that name a file, each with what is mounted there. */
function filesOf({ containers: [container], volumes }: Pod): Record<string, string> {
  const mounted = (container?.env ?? []).flatMap(({ name, value }) => {
    const mount = container?.volumeMounts.find(({ mountPath }) => value === mountPath || value?.startsWith(`${mountPath}/`));
    const volume = volumes.find((one) => one.name === mount?.name);
    return name.startsWith('BREAKWATER_') && mount?.mountPath.startsWith('/etc/breakwater/')
      ? [[name, `${volume?.configMap?.name ?? volume?.secret?.secretName}${value?.slice(mount.mountPath.length)}`] as const]
      : [];
  });
  return Object.fromEntries(mounted);
}

describeWithHelm('rules and keys in the chart', () => {
  test('each process is given what it needs, mounted where its setting says, and the key that signs approvals is the API’s alone', () => {
    expect(filesOf(podOf('control', GOVERNED))).toEqual({
      BREAKWATER_POLICY: 'policies',
      BREAKWATER_REGO: 'rego/bundle.tar.gz',
      BREAKWATER_APPROVAL_PUBLIC_KEYS: 'approval-keys/approval-keys.pub',
      BREAKWATER_REVIEW_PUBLIC_KEYS: 'review-keys/review.pem.pub',
      BREAKWATER_CHANGE_CONTROL: 'change-control/change-control.yaml',
      BREAKWATER_SECRETS_DIR: 'change-secrets',
      BREAKWATER_AUDIT_KEY: 'audit-key/audit.pem',
    });
    expect(filesOf(podOf('api', GOVERNED))).toEqual({
      BREAKWATER_POLICY: 'policies',
      BREAKWATER_REGO: 'rego/bundle.tar.gz',
      BREAKWATER_APPROVAL_KEY: 'approval-key/approval.pem',
    });
  });

  test('every setting is one that Breakwater knows, and addresses with secrets come by reference', async () => {
    const { loadConfig } = await import('../../src/config.ts');
    for (const component of ['control', 'api']) {
      const { env } = podOf(component, GOVERNED).containers[0] ?? { env: [] };
      const values = env.map(({ name, value }) => {
        const stand = name === 'BREAKWATER_DATABASE_URL' ? 'postgres://u:p@h/d' : 'https://somewhere.example/of-16-letters';
        return [name, value ?? stand] as const;
      });
      const config = loadConfig({ ...Object.fromEntries(values), TEMPORAL_CONFIG_FILE: '/nowhere' });
      expect(config.policyDir).toBe('/etc/breakwater/policy');
      if (component === 'control') expect(config.opaUrl).toBe(GOVERNED.opaUrl);
      expect(env.find(({ name }) => name === 'BREAKWATER_AUDIT_URL')?.value).toBeUndefined();
    }
  });

  test('without them nothing is mounted, and a wrong one is refused', () => {
    for (const component of ['control', 'api']) expect(filesOf(podOf(component))).toEqual({});
    expect(helm('template', { ...siteWith(), governance: { opaUrl: 'http://user:password@opa/' } }).ok).toBe(false);
    expect(helm('template', { ...siteWith(), governance: { policies: 'policies' } }).ok).toBe(false);
  });
});
