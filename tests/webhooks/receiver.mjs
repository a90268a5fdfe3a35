// A receiver of events as a maker of a staff tool would build it on the published library: every event is
// verified by the npm package `standardwebhooks`. Answers as it is told, on orders to /control.
//
// Prints one line of JSON with its address once it is ready. Ends when its standard input closes.

import { createServer } from 'node:http'
import { Webhook } from 'standardwebhooks'

let secret = null
let answer = { how: 'ok' }
const received = []
// Who came where a redirect leads: nobody should.
let strayed = 0

function read(request) {
  return new Promise((resolve, reject) => {
    const parts = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => resolve(Buffer.concat(parts).toString('utf8')))
    request.on('error', reject)
  })
}

function verify(raw, headers) {
  try {
    new Webhook(secret).verify(raw, headers)
    return null
  } catch (error) {
    return error.message
  }
}

/** Whether a body that was changed, or one of another time, would pass too. */
function isFooled(raw, headers) {
  const changed = verify(raw.replace('"version":', '"version": '), headers) === null
  const later = String(Number(headers['webhook-timestamp']) + 1)
  const moved = verify(raw, { ...headers, 'webhook-timestamp': later }) === null
  const renamed = verify(raw, { ...headers, 'webhook-id': `${headers['webhook-id']}x` }) === null
  return changed || moved || renamed
}

async function control(request, response) {
  if (request.method === 'POST') {
    const order = JSON.parse(await read(request))
    secret = order.secret ?? secret
    answer = order.answer ?? answer
  }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ received, strayed }))
}

async function receive(request, response) {
  const raw = await read(request)
  const { headers } = request
  const event = JSON.parse(raw)
  received.push({
    id: headers['webhook-id'],
    type: event.type,
    version: event.data.version,
    raw,
    wrong: verify(raw, headers),
    isFooled: isFooled(raw, headers),
    headers,
    how: answer.how,
  })
  const { how } = answer
  if (how === 'hang') return
  if (how === 'slow') await new Promise((resolve) => setTimeout(resolve, answer.milliseconds))
  if (how === 'fail') response.statusCode = 500
  if (how === 'redirect') {
    response.statusCode = 302
    response.setHeader('location', answer.to)
  }
  if (how !== 'big') {
    response.end('OK')
    return
  }
  // 50 MB, for as long as anybody takes it.
  const part = Buffer.alloc(1024 * 1024, 'a')
  for (let sent = 0; sent < 50 && !response.destroyed; sent += 1) {
    if (!response.write(part)) {
      await new Promise((resolve) => {
        response.once('drain', resolve)
        response.once('close', resolve)
      })
    }
  }
  response.end()
}

const server = createServer((request, response) => {
  const handle =
    request.url === '/control' ? control : request.url === '/events' ? receive : stray
  handle(request, response).catch((error) => response.destroy(error))
})

async function stray(_, response) {
  strayed += 1
  response.end()
}

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address()
  process.stdout.write(`${JSON.stringify({ origin: `http://127.0.0.1:${port}` })}\n`)
})
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
