/** As much of Argo Rollouts' definition as tells how it is steered: its status and scale sub-resources, and fields of any kind. @see https://github.com/argoproj/argo-rollouts/blob/master/manifests/crds/rollout-crd.yaml */
export const rolloutDefinition: object = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'rollouts.argoproj.io' },
  spec: {
    group: 'argoproj.io',
    scope: 'Namespaced',
    names: { kind: 'Rollout', plural: 'rollouts', singular: 'rollout' },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.HPAReplicas', labelSelectorPath: '.status.selector' },
        },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: { replicas: { type: 'integer', format: 'int32', nullable: true } },
                'x-kubernetes-preserve-unknown-fields': true,
              },
              status: {
                type: 'object',
                properties: { HPAReplicas: { type: 'integer', format: 'int32' }, selector: { type: 'string' } },
                'x-kubernetes-preserve-unknown-fields': true,
              },
            },
          },
        },
      },
    ],
  },
};
