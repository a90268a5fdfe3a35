// What schema.graphql is held to: every rule for schemas that @graphql-eslint has, but for those below, each with its
// reason. schema-lint.test.mjs runs it, and checks in its own way what the rules left out would have.

import plugin from '@graphql-eslint/eslint-plugin';

const every = ['flat/schema-recommended', 'flat/schema-all', 'flat/schema-relay'];
const rules = Object.assign({}, ...every.map((name) => plugin.configs[name].rules));

/** @param {string} schema the file with the whole schema */
export default (schema) => [
  {
    files: ['**/*.graphql'],
    languageOptions: { parser: plugin.parser, parserOptions: { graphQLConfig: { schema } } },
    plugins: { '@graphql-eslint': plugin },
    rules: {
      ...rules,

      // More than is recommended: whoever reads the schema finds a description wherever there may be one.
      '@graphql-eslint/require-description': [
        'error',
        {
          types: true,
          rootField: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
          DirectiveDefinition: true,
          // All directives are GraphQL's own, and the exporter knows no words for their arguments.
          ignoredSelectors: ['[type=InputValueDefinition][parent.type=DirectiveDefinition]'],
        },
      ],
      // Also that the input of the mutation `doIt` is a `DoItInput`. Sensitive to case it would want a `doItInput`.
      '@graphql-eslint/input-name': ['error', { checkInputType: true, caseSensitiveInputType: false }],
      // Forwards is enough for what is read from its newest entry on.
      '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
      // A list may be short by its nature (a clinic's entry fields, a caller's answers): only what grows is paged. And
      // an entry of the audit log is nothing that is asked for by itself.
      '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false }],

      // The exporter writes descriptions of one line as "…" and longer ones as """…""". The rule knows one of them.
      '@graphql-eslint/description-style': 'off',
      // Types are sorted by the exporter. Their fields and values are in the order in which they are understood.
      '@graphql-eslint/alphabetize': 'off',
      // There are mutations and subscriptions here; the rule is for schemas that should have none.
      '@graphql-eslint/no-root-type': 'off',
      // A payload has what the command changed. What else a client shows it is following, or asks for when it wants.
      '@graphql-eslint/require-field-of-type-query-in-mutation-result': 'off',
      // Only what can be asked for again by `node` has an id. Values, payloads, events and errors are nothing by
      // themselves.
      '@graphql-eslint/strict-id-in-types': 'off',
      // `Query.viewer` and `Query.signInMethods` always have an answer that nothing can take away.
      '@graphql-eslint/require-nullable-result-in-root': 'off',
      // Wants the date in an argument that @deprecated has not got. Ours is in the reason.
      '@graphql-eslint/require-deprecation-date': 'off',
    },
  },
];
