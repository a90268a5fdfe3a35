// Receives a clinic's events. Needs Node 20 and nothing else.
// Start: WEBHOOK_SECRET=whsec_… PORT=9000 node receive_events.mjs

import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const secret = Buffer.from(process.env.WEBHOOK_SECRET.replace(/^whsec_/, ''), 'base64')
const seen = new Set() // keep these for some days in your database
const latest = new Map() // caller id -> the version of its that you have

/** Whether one of the signatures is right, and no more than five minutes old. */
function isGenuine(headers, body) {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp } = headers
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) < 300)) return false
  const expected = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest()
  return String(headers['webhook-signature'])
    .split(' ')
    .map((signature) => Buffer.from(signature.replace(/^v1,/, ''), 'base64'))
    .some((given) => given.length === expected.length && timingSafeEqual(given, expected))
}

function take(event) {
  const { caller } = event.data
  // An older state of a caller never replaces a newer one.
  if ((latest.get(caller.id) ?? 0) > caller.version) return
  latest.set(caller.id, caller.version)
  console.log(`${event.data.version} ${event.type} ${caller.status}`)
}

const server = createServer((request, response) => {
  const parts = []
  request.on('data', (part) => parts.push(part))
  request.on('end', () => {
    const body = Buffer.concat(parts)
    if (!isGenuine(request.headers, body)) {
      response.writeHead(401).end()
      return
    }
    const id = request.headers['webhook-id']
    if (!seen.has(id)) {
      take(JSON.parse(body))
      seen.add(id)
    }
    response.writeHead(204).end()
  })
})
server.listen(Number(process.env.PORT ?? 9000), '127.0.0.1', () => {
  console.log(`listening on ${server.address().port}`)
})
