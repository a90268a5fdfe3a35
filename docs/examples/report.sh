curl -sS --fail-with-body "$STANDBY_URL/clinics/demo/report.csv?from=$FROM&to=$TO" \
  -H "authorization: Bearer $STANDBY_API_KEY"
