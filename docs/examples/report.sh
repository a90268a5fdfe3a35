curl -sS --fail-with-body "$STANDBY_URL/clinics/$STANDBY_CLINIC/report.csv?from=$FROM&to=$TO" \
  -H "authorization: Bearer $STANDBY_API_KEY"
