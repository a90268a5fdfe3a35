curl -sS "$STANDBY_URL/graphql" \
  -H 'content-type: application/json' \
  -H "authorization: Bearer $STANDBY_API_KEY" \
  -d '{"documentId": "who-is-waiting"}'
