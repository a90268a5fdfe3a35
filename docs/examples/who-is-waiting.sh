curl -sS "$STANDBY_URL/graphql" \
  -H 'content-type: application/json' \
  -H "authorization: Bearer $STANDBY_API_KEY" \
  -d '{"query": "{ viewer { ... on ApiClient { clinic { id slug waitingArea { version callers(first: 20, statuses: [WAITING, OFFLINE]) { totalCount nodes { id status name position { place aheadOffline } } } } } } } }"}'
