import { describeWithHelm, helm, render, siteWith, VALUES, type Rendered } from './helm.ts';

interface Container {
  image: string;
  env: { name: string; value?: string; valueFrom?: object }[];
  securityContext: object;
  livenessProbe?: object;
  readinessProbe?: object;
}
interface PodSpec {
  enableServiceLinks: boolean;
  automountServiceAccountToken: boolean;
  serviceAccountName?: string;
  securityContext: object;
  containers: Container[];
  volumes?: { name: string }[];
}
interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

let objects: Rendered[] = [];
beforeAll(() => {
  objects = render(
    siteWith({
      probes: ['kubernetes-pods'],
      remedies: ['kubernetes-scale'],
      secretsName: 'eu-1-secrets',
      protectedNamespaces: ['monitoring'],
    }),
  );
});

const ofKind = (kind: string, all = objects): Rendered[] => all.filter((object) => object.kind === kind);
const podsOf = (all = objects): [string, PodSpec][] =>
  all.flatMap((object): [string, PodSpec][] => {
    if (object.kind === 'CronJob') return podsOf([{ ...object, ...(object['spec'] as { jobTemplate: object }).jobTemplate, kind: 'Job' }]);
    const spec = object['spec'] as { template?: { spec: PodSpec } } & PodSpec;
    if (object.kind === 'Pod') return [[object.metadata.name, spec]];
    return spec?.template ? [[object.metadata.name, spec.template.spec]] : [];
  });
const rulesOf = (object: Rendered | undefined): Rule[] => (object?.['rules'] ?? []) as Rule[];

describeWithHelm('the chart', () => {
  test('the chart is clean, and what it makes is complete', () => {
    expect(helm('lint', siteWith())).toMatchObject({ ok: true });
    const kinds = [...new Set(objects.map(({ kind }) => kind))].sort();
    expect(kinds).toEqual([
      'CronJob',
      'Deployment',
      'Job',
      'NetworkPolicy',
      'Pod',
      'PodDisruptionBudget',
      'Role',
      'RoleBinding',
      'Service',
      'ServiceAccount',
      'StatefulSet',
    ]);
  });

  test('every pod runs without root, privileges or a writable root, and under the names that nothing may hit', () => {
    const pods = podsOf();
    expect(pods.map(([name]) => name).sort()).toEqual([
      'chaos-breakwater-api',
      'chaos-breakwater-control',
      'chaos-breakwater-doctor',
      'chaos-breakwater-make-current',
      'chaos-breakwater-retention',
      'chaos-breakwater-site-eu-1',
    ]);
    for (const [, spec] of pods) {
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const { securityContext, image } of spec.containers) {
        expect(securityContext).toEqual({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
        expect(image).not.toMatch(/:latest$|^[^:@]+$/);
      }
    }
    for (const object of [...ofKind('Deployment'), ...ofKind('StatefulSet')])
      expect((object['spec'] as { template: Rendered }).template.metadata.labels).toMatchObject({ 'app.kubernetes.io/name': 'breakwater' });
  });

  test('no variable of a Service reaches a process that takes unknown settings for errors', () => {
    for (const [, spec] of podsOf()) expect(spec.enableServiceLinks).toBe(false);
  });

  test('only the worker of a site has a token of the cluster', () =>
    expect(
      podsOf()
        .filter(([, spec]) => spec.automountServiceAccountToken)
        .map(([name]) => name),
    ).toEqual(['chaos-breakwater-site-eu-1']));

  test('whatever serves has probes; the doctor runs once', () => {
    for (const [name, { containers }] of podsOf().filter(([name]) => !/doctor|make-current|retention/.test(name)))
      expect([name, Object.keys(containers[0] ?? {})]).toEqual([
        name,
        expect.arrayContaining(['startupProbe', 'livenessProbe', 'readinessProbe', 'resources']) as unknown,
      ]);
    expect(ofKind('Pod')[0]).toMatchObject({
      metadata: { annotations: { 'helm.sh/hook': 'test' } },
      spec: { restartPolicy: 'Never', containers: [{ args: ['doctor'] }] },
    });
  });

  test('secrets are named, never given', () => {
    const secret = /DATABASE_URL|TOKEN|API_KEY|PAGER/;
    const all = podsOf()
      .flatMap(([, { containers }]) => containers.flatMap(({ env }) => env))
      .filter(({ name }) => secret.test(name));
    expect(all.length).toBeGreaterThan(2);
    for (const { value, valueFrom } of all) {
      expect(value).toBeUndefined();
      expect(valueFrom).toHaveProperty('secretKeyRef.name');
    }
  });

  test('every setting that is passed is one that Breakwater knows', async () => {
    const { loadConfig } = await import('../../src/config.ts');
    for (const [, { containers }] of podsOf(render({ ...siteWith(), temporal: { address: 'temporal:7233', buildId: '1.2.3' } }))) {
      const env = Object.fromEntries(
        (containers[0]?.env ?? []).map(({ name, value }) => [
          name,
          value ?? (name === 'BREAKWATER_DATABASE_URL' ? 'postgres://u:p@h/d' : 'a-secret-of-16-letters'),
        ]),
      );
      expect(() => loadConfig({ ...env, TEMPORAL_CONFIG_FILE: '/nowhere' })).not.toThrow();
    }
  });

  test('control workers are told which environments every site holds, each site’s worker its own, and none is left out', () => {
    const held = (values: object): Record<string, string | undefined> =>
      Object.fromEntries(
        podsOf(render(values)).map(([name, { containers }]) => [
          name.replace('chaos-breakwater-', ''),
          containers[0]?.env.find(({ name: setting }) => setting === 'BREAKWATER_SITE_ENVIRONMENTS')?.value,
        ]),
      );
    expect(Object.values(held(siteWith())).filter((value) => value !== undefined)).toEqual([]);
    const told = held({ ...siteWith({ environments: ['production', 'canary'] }), otherSites: { dev: ['staging'] } });
    expect(told).toMatchObject({ control: 'dev=staging,eu-1=production|canary', 'site-eu-1': 'eu-1=production|canary' });
    expect(told['api']).toBe(told['control']);
    expect(helm('template', { ...siteWith(), otherSites: { dev: ['staging'] } })).toMatchObject({
      ok: false,
      stderr: expect.stringContaining('site eu-1 says nothing of its environments') as string,
    });
    expect(helm('template', siteWith({ environments: ['Production'] })).ok).toBe(false);
  });

  test('the build id is that of the image, and a Job makes it the current version, with the settings of its workers; without versioning there is none', () => {
    const temporal = { address: 'temporal:7233' };
    const idOf = (values: object): string | undefined =>
      new Map(podsOf(render(values))).get('chaos-breakwater-control')?.containers[0]?.env.find(({ name }) => name === 'BREAKWATER_BUILD_ID')
        ?.value;
    const worker = (image: object) => ({ ...VALUES, image: { worker: { repository: 'r', ...image } } });
    expect(
      [
        worker({ tag: '4.5' }),
        worker({ tag: '4.5', digest: `sha256:${'0a'.repeat(32)}` }),
        { ...VALUES, temporal: { ...temporal, buildId: 'mine' } },
      ].map(idOf),
    ).toEqual(['4.5', `sha256-${'0a'.repeat(32)}`, 'mine']);
    const none = { ...VALUES, temporal: { ...temporal, versioning: false } };
    expect([idOf(none), ofKind('Job', render(none))]).toEqual([undefined, []]);
    const versioned = render({ ...siteWith(), temporal: { address: 'temporal:7233', buildId: '1.2.3' } });
    const [job] = ofKind('Job', versioned);
    expect(job?.metadata.annotations?.['helm.sh/hook']).toBe('post-install,post-upgrade,post-rollback');
    const pods = new Map(podsOf(versioned));
    const [made, polling] = [pods.get('chaos-breakwater-make-current'), pods.get('chaos-breakwater-control')].map(
      (pod) => pod?.containers[0],
    );
    expect(made).toMatchObject({ image: polling?.image, args: ['make-current', '--within', '5m'] });
    expect(polling?.env).toEqual(expect.arrayContaining(made?.env ?? []));
    const policies = ofKind('NetworkPolicy', versioned).map(({ metadata }) => metadata.name);
    expect(policies).toContain('chaos-breakwater-release');
  });

  test('records are thinned once a day by a CronJob, with the times that are given; without it by nobody', () => {
    const [job] = ofKind('CronJob', render({ ...siteWith(), retention: { schedule: '5 4 * * *', samplesDays: 14, bucketsDays: 365 } }));
    expect(job).toMatchObject({ spec: { schedule: '5 4 * * *', concurrencyPolicy: 'Forbid' } });
    const [[, spec] = ['', undefined]] = job ? podsOf([job]) : [];
    expect(spec).toMatchObject({
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      containers: [{ args: ['records', 'prune'] }],
    });
    expect(spec?.containers[0]?.env).toEqual(
      expect.arrayContaining([
        { name: 'BREAKWATER_SAMPLES_DAYS', value: '14' },
        { name: 'BREAKWATER_BUCKETS_DAYS', value: '365' },
        expect.objectContaining({ name: 'BREAKWATER_DATABASE_URL' }),
      ]),
    );
    expect(ofKind('CronJob', render({ ...siteWith(), retention: { enabled: false } }))).toEqual([]);
    expect(helm('lint', { ...siteWith(), retention: { samplesDays: 0 } })).toMatchObject({ ok: false });
  });

  test('a site keeps its journal on a volume, alone, and its worker is told which cluster it is in', () => {
    const [site] = ofKind('StatefulSet');
    expect(site).toMatchObject({
      spec: {
        replicas: 1,
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain' },
        volumeClaimTemplates: [{ metadata: { name: 'state' } }],
      },
    });
    const env = Object.fromEntries((podsOf([site!])[0]?.[1].containers[0]?.env ?? []).map(({ name, value }) => [name, value]));
    expect(env).toMatchObject({
      BREAKWATER_ROLE: 'site',
      BREAKWATER_SITES: 'eu-1',
      BREAKWATER_KUBECONFIG: 'in-cluster',
      BREAKWATER_PROTECTED_NAMESPACES: 'monitoring',
      BREAKWATER_STATE_DIR: '/var/lib/breakwater/state',
    });
  });

  describe('rights', () => {
    test('one Role in each target namespace, bound to that site alone, and no ClusterRole', () => {
      const made = render(siteWith({ namespaces: ['payments', 'orders'] }));
      expect(ofKind('Role', made).map(({ metadata }) => metadata.namespace)).toEqual(['payments', 'orders']);
      expect(ofKind('RoleBinding', made)[0]).toMatchObject({
        subjects: [{ kind: 'ServiceAccount', name: 'chaos-breakwater-site-eu-1', namespace: 'breakwater' }],
      });
      expect(ofKind('ClusterRole', made)).toEqual([]);
    });

    test('only the verbs of the kinds that were chosen', () => {
      const [role] = ofKind('Role', render(siteWith({ targets: ['pod'], faults: ['pod-delete'] })));
      expect(rulesOf(role)).toContainEqual({ apiGroups: [''], resources: ['pods'], verbs: ['delete', 'get', 'list'] });
      const resources = rulesOf(role).flatMap((rule) => rule.resources);
      expect(resources).not.toContain('pods/exec');
      expect(resources).not.toContain('secrets');
      expect(new Set(resources).size).toBe(resources.length);
    });

    test('kinds of nodes are refused until nodes are enabled, and then get a ClusterRole', () => {
      const values = siteWith({ targets: ['node'], faults: ['node-cordon'] });
      expect(helm('template', values)).toMatchObject({ ok: false, stderr: expect.stringContaining('set nodes.enabled') as unknown });
      const [role] = ofKind('ClusterRole', render({ ...values, nodes: { enabled: true } }));
      expect(rulesOf(role)).toEqual([{ apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'patch'] }]);
    });

    test('a kind that there is not is refused, with those that there are', () =>
      expect(helm('template', siteWith({ faults: ['pod-delte'] })).stderr).toMatch(/faults pod-delte .* there are .*pod-delete/));
  });

  test.each([
    ['no address', { ...VALUES, temporal: {} }, /address/],
    ['no database', { ...VALUES, database: {} }, /secretName/],
    ['no token', { ...VALUES, api: {} }, /api\.tokenSecret\.name/],
    ['an unknown value', { ...VALUES, apii: {} }, /apii/],
    ['a namespace of Kubernetes', siteWith({ namespaces: ['kube-system'] }), /namespaces/],
    ['a site without faults', { ...VALUES, sites: [{ name: 'a', namespaces: ['b'], targets: ['pod'] }] }, /faults/],
  ])('%s is refused', (_what, values, why) => {
    const { ok, stderr } = helm('template', values);
    expect(ok).toBe(false);
    expect(stderr).toMatch(why);
  });

  test('the API takes the shared token, an access file, or both, and reads the records', () => {
    const envOf = (api: object): Record<string, string> => {
      const [, { containers, volumes }] = podsOf(render({ ...VALUES, api })).find(([name]) => name.endsWith('-api'))!;
      expect((volumes ?? []).some(({ name }) => name === 'access')).toBe('accessSecret' in api);
      return Object.fromEntries((containers[0]!.env ?? []).map(({ name, value = 'from a secret' }) => [name, value]));
    };
    const [tokenSecret, accessSecret] = [{ name: 'token' }, { name: 'who' }];
    const file = { BREAKWATER_ACCESS: '/etc/breakwater-access/access.yaml' };
    expect(envOf({ tokenSecret })).toMatchObject({ BREAKWATER_API_TOKEN: 'from a secret', BREAKWATER_DATABASE_URL: 'from a secret' });
    expect(envOf({ accessSecret })).toMatchObject(file);
    expect(envOf({ accessSecret })).not.toHaveProperty('BREAKWATER_API_TOKEN');
    expect(envOf({ tokenSecret, accessSecret })).toMatchObject({ ...file, BREAKWATER_API_TOKEN: 'from a secret' });
  });

  test('a network policy for every component: workers take nothing in, the API only what is named', () => {
    const policies = Object.fromEntries(
      ofKind('NetworkPolicy').map(({ metadata, spec }) => [metadata.name, spec as { ingress: object[]; policyTypes: string[] }]),
    );
    expect(Object.keys(policies).sort()).toEqual(
      ['api', 'control', 'release', 'retention', 'site-eu-1', 'test'].map((name) => `chaos-breakwater-${name}`),
    );
    for (const [name, { ingress, policyTypes }] of Object.entries(policies)) {
      expect(policyTypes).toEqual(['Ingress', 'Egress']);
      expect(ingress).toHaveLength(name.endsWith('api') ? 1 : 0);
    }
  });
});
