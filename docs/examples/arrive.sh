curl -sS "$STANDBY_URL/graphql" -H 'content-type: application/json' -d @- <<END
{
  "query": "mutation (\$input: EnterWaitingAreaInput!) {
    enterWaitingArea(input: \$input) { token caller { id status } userErrors { code message field } }
  }",
  "variables": {
    "input": {
      "clinicSlug": "$STANDBY_CLINIC",
      "name": "$CALLER_NAME",
      "phone": "0491 570 006",
      "idempotencyKey": "$IDEMPOTENCY_KEY"
    }
  }
}
END
