### The texts of the wait screen in English, from which the other languages are translated.
###
### Plain words, short sentences, what may be done first. The words of the product:
###   waiting area, clinic, provider, consultation, place in the queue, away, arrive,
###   text (an SMS; to text), code, verify, join.
###
### The format is Fluent (https://projectfluent.org). Each text stands on one line, but for the
### forms of a plural. Each value is described above the text that it is put into, with its kind:
###   count   a number that is counted with
###   phrase  words of this file
###   text    what somebody typed
###   digits  a phone number or a part of one: always written from left to right

## The headings of the screens

heading-opening = One moment
heading-unreachable = We cannot reach the waiting area
heading-clinic-unknown = We cannot find this clinic
heading-clinic-closed = The waiting area is closed
heading-already-waiting = You have already arrived here
heading-place-at-risk = Before someone else arrives
heading-arriving = Join the waiting area
heading-waiting = You are waiting
heading-welcome-back = Welcome back
heading-coming-back = Bringing you back
heading-ready-to-join = Ready to join
heading-on-hold = You are on hold
heading-completed = Your consultation has ended
heading-cancelled = The clinic has ended your wait
heading-left = You have left the waiting area
heading-taking-back = Taking your place back
heading-lost-contact = We lost contact with you
heading-link-broken = This link does not work
heading-start = Your waiting area
heading-getting-latest = Getting the latest…
heading-other-link = Open the other link?

## Before a stay

opening = Opening the waiting area.
unreachable = This device may have no connection, or the network may be slow. We keep trying.
unreachable-place = If you already have a place in the queue, it is kept.
try-again = Try again
clinic-unknown = The link may be old or cut short. Open it again from the clinic’s message or website, or phone the clinic.
clinic-closed = Nobody can come in right now. This page opens by itself when the clinic does.
clinic-closed-urgent = If you need care now, phone the clinic. In an emergency, phone the emergency number.
check-again = Check again

already-waiting = You came in earlier from this device. You need not arrive again.
# The button that goes on with that earlier stay.
go-on = Continue
someone-else = Someone else is arriving

# Somebody else arrives from the device of one who waits. Whose place would be lost is named where
# the name is known.
# $first (text): the name of the one who waits.
place-at-risk-verify = { $first } has not verified a number and would lose the place. Verify first, or keep their page in view on another device.
place-at-risk-verify-unnamed = The person who came in earlier has not verified a number and would lose the place. Verify first, or keep their page in view on another device.
# $first (text): the name of the one who waits.
place-at-risk-keep = { $first } must keep their page in view and would lose the place. Let someone else arrive from another device.
place-at-risk-keep-unnamed = The person who came in earlier must keep their page in view and would lose the place. Let someone else arrive from another device.
# $first (text): the name of the one who waits.
place-at-risk-unknown = We cannot tell right now whether { $first } has verified a number. Without one, the place would be lost. Go back to their page first, or keep it in view on another device.
place-at-risk-unknown-unnamed = We cannot tell right now whether the person who came in earlier has verified a number. Without one, the place would be lost. Go back to their page first, or keep it in view on another device.
verify-first = Verify first
back-to-their-page = Back to their page
arrive-anyway = Arrive anyway

link-broken = It may have been cut short, or the visit it belongs to is over.
link-broken-newest-text = Open the link in the newest text message from the clinic.
link-broken-clinic-link = Or open the clinic’s own link and arrive again.
link-broken-phone = If neither works, phone the clinic.

# A link is opened while a stay goes on.
# $clinic (text): where the reader waits.
other-link-at = You are already waiting at { $clinic }.
other-link = You are already waiting.
# $first (text): whose it is.
# $clinic (text): where it leads.
other-link-place-of = The other link is for { $first }, at { $clinic }.
# $clinic (text): where it leads.
other-link-place = The other link is for another place in the queue, at { $clinic }.
# $clinic (text): where it leads.
other-link-clinic = The other link leads to { $clinic }.
# What becomes of the place here: with a text to call the reader back, without one, and once a provider has joined.
other-link-kept = If you open it, your place here is kept, and we still text you when it is your turn.
other-link-kept-untexted = If you open it, your place here is kept, but we cannot text you: come back in time.
other-link-with-provider = Your provider expects you here.
other-link-lost = If you open the other link, you may lose your place here: your number is not verified.
stay-here = Stay here
open-other-link = Open the other link
link-broken-still-waiting = You are still waiting, in the same place.
back-to-my-place = Back to my place
try-another-link = Try another link

# The app was opened by itself.
start = Here you wait for your consultation. You can put your phone away: we tell you when it is your turn.
start-open = Open the link that your clinic sent you, and this app takes you there. Or paste the link here.
# The label of the field.
start-link = Link from your clinic
start-link-wrong = This link does not lead to a waiting area. Copy the whole link, or the whole message.
start-go = Open
# $clinic (text): where the reader arrived last.
start-latest = Arrive at { $clinic }
# What the app is called where a clinic is not known.
waiting-area = Waiting area

## Arriving

arriving = Tell the clinic that you are here. It takes a minute.
arriving-offline-queueing = Tell the clinic that you are here. You can then put your phone away: we text you when it is your turn.
your-name = Your name
mobile-number = Mobile number
mobile-hint = So that the clinic can reach you.
mobile-hint-offline-queueing = So that we can text you when it is your turn.
# $first (text): the name of the one who arrived before.
same-number-named = The same number as for { $first }. Change it if it is not yours.
same-number-unnamed = The same number as before. Change it if it is not yours.
# Behind the label of a field, in brackets.
optional = optional
clear-details = Not you? Clear these details
i-agree = I agree
before-you-join = Before you join
join-waiting-area = Join the waiting area
joining = Joining…

## The place in the queue

you-are-next = You are next
# $number (count): the place; 1 is next.
you-are-number = You are number { $number }
ahead-nobody = Nobody is ahead of you.
# $ahead (count): how many are ahead, at least 1.
ahead-none-away = { $ahead ->
    [one] 1 person is ahead of you.
   *[other] { $ahead } people are ahead of you.
}
# $ahead (count): how many are ahead, at least 1.
ahead-all-away = { $ahead ->
    [one] 1 person is ahead of you, and is away right now.
   *[other] { $ahead } people are ahead of you, and all of them are away right now.
}
# $ahead (count): how many are ahead, at least 2.
# $away (count): how many of those are away, at least 1.
ahead-some-away = { $ahead ->
    [one] 1 person is
   *[other] { $ahead } people are
} ahead of you; { $away ->
    [one] 1 of them is
   *[other] { $away } of them are
} away right now.

## What may be done now

keep-open = Keep this page open
keep-open-or-verify = Keep this page open, or verify your number to step away.
keep-open-why = A provider can join you while you see this page. Away from it for long, you may lose your place.
keep-awake = Keep my screen on while I wait
free-to-go = You can put your phone away
# $ending (digits): the last three digits of the number.
free-to-go-ending = We text you on the number ending in { $ending } when it is your turn. Your place is kept.
free-to-go-why = We text you when it is your turn. Your place is kept.
texts-stopped-why = This number has asked for no texts, so we cannot text you when it is your turn. To allow texts again, send START to the number they come from.
change-number = Change number
keep-number = Keep the number
use-another-number = Use another number
wait-here = Wait on this page
wait-here-instead = Wait here instead
keep-old-number = Keep the old number
verify-after-all = Verify your number to step away
code-waiting = You can leave this page to read the message: your place is kept.

welcome-back = You are waiting; a provider can join you now.
welcome-back-why = Please stay on this page: it is nearly your turn.
coming-back = We are telling the clinic that you are back. Your place is kept.
place-back = You have your place back
place-back-why = We lost contact with this page for a while. You are waiting again, in the same place.

## Verifying the number

verify-heading = Step away while you wait
verify-why = Verify your number, then put your phone away: we text you when it is your turn.
verify-why-texts-stopped = Verify another number, or this one once it takes texts again. Then put your phone away: we text you when it is your turn.
change-why = We text a code to the new number.
old-number-stays = Until you enter it, the old number stays in use.
send-code = Send code
sending-code = Sending…
code-heading = Enter the code
# $number (digits): where the code goes.
code-queued = We are texting a 6-digit code to { $number }. It can take a moment.
# $number (digits): where the code went.
code-sent = We texted a 6-digit code to { $number }. It can take a moment.
# $number (digits): where the code is.
code-delivered = Your 6-digit code has arrived on { $number }. It works for 10 minutes.
code-unknown = We cannot tell whether the text went out.
code-unknown-helps = If the code comes, enter it here.
# The label of the field.
code = Code
# The button that hands the code in.
verify = Verify
verifying = Checking…
checking-takes = This can take a few seconds.
send-another = Send another code
new-code-heading = Ask for a new code
code-spent = This code does not work any more.
code-spent-helps = Ask for another.
no-code-yet = No code yet?
# $wait (phrase): how long, such as “4 min 30 s”.
another-code-after = You can ask for another code in { $wait }.
# $attempts (count): how often the code may still be tried, at least 1.
attempts-left = { $attempts ->
    [one] You can try once more.
   *[other] You can try { $attempts } more times.
}
or-wait-here = Or keep this page open: you keep your place.
or-keep-old-number = Or keep the old number, which stays in use.

## Notices on this device while the app is away

notices-heading = Tell me on this device, too
notices-why = When it is nearly your turn, this device can show it. The text message always goes out.
notices-want = Show it on this device
notices-decline = No, the text is enough
notices-on = This device shows when it is nearly your turn
notices-on-text = The text message goes out in any case.
notice-sound = Sound
notice-vibration = Vibration
notices-off = Turn this off
notices-refused = Notices are not allowed here yet. Allow them in this device’s settings for this app or browser, then try again. The text message always goes out.
# What the notice says, under the clinic’s name. Whoever sees the device can read it.
notice-recalled = It is nearly your turn. Please come back to the waiting area.
notice-cancelled = The clinic has ended your wait. Open the waiting area to see why.

## A code that does not arrive

not-coming-heading = No code can reach this number
no-texts-now = No texts go out right now
# $number (digits): where the code should have gone.
not-coming-no-such-number = There is no number { $number }.
not-coming-no-such-number-helps = Check it, and use the right one.
# $number (digits): where the code should have gone.
not-coming-landline = { $number } is a landline, which takes no texts.
not-coming-landline-helps = Use a mobile number.
# $number (digits): where the code should have gone.
not-coming-opted-out = { $number } has asked for no texts.
not-coming-opted-out-helps = Use another number. Or send START from it to the number our texts come from, and ask for another code.
# $number (digits): where the code should have gone.
not-coming-blocked = The phone network lets no text of ours through to { $number }.
not-coming-blocked-helps = Use another number.
not-coming-no-texts = The code could not be sent. That has nothing to do with your number.
not-coming-no-texts-helps = Ask for another code later.
# $number (digits): where the code should have gone.
not-coming-unreachable = { $number } is switched off or out of reach, so the code has not arrived.
# $number (digits): where the code should have gone.
not-coming-other = The code has not arrived on { $number }.
if-it-still-comes = If it still comes, enter it here.

## With a provider

provider-ready = Your provider is ready for you.
join-consultation = Join your consultation
join-opens = It opens on a page of its own. You may be asked to allow the camera and the microphone.
room-coming = Your provider is preparing the room. The button appears here in a moment.
on-hold = Your provider will be back with you soon. Stay near: this page tells you when to go on.
on-hold-with-room = Your provider will be back with you soon. Wait in the consultation or on this page, which tells you when to go on.
back-to-room = Back to your consultation

## A stay that is over

completed = Thank you for waiting. There is nothing more to do here.
cancelled = You are no longer in the queue.
# Above what staff wrote.
cancelled-reason = The clinic says
cancelled-next = If you think this is a mistake, phone the clinic or arrive again.
left = You are no longer in the queue. If you still need care, you can arrive again.
left-by-text = You replied to our text that you leave, so you are no longer in the queue. If you still need care, you can arrive again.
taking-back = We lost contact with this page for a while. We are taking your place in the queue back.
taking-back-again = The clinic cannot be reached at the moment. We keep trying.
lost-contact = This page was out of reach for too long, and your place could not be kept. We are sorry. You can arrive again with the same details.
arrive-again = Arrive again
need-clinic-link = To arrive again, open the clinic’s link.
# The reader looks at an end, and the device keeps another stay.
other-place = You may still have a place in the queue.

## A lost connection

out-of-touch = Reconnecting…
out-of-touch-verified = This page has no connection at the moment. Your place is kept, and if it stays like this we text you when it is your turn.
out-of-touch-untexted = This page has no connection at the moment. Your place is kept. Please keep the page open: we cannot text you.
out-of-touch-unverified = This page has no connection at the moment. Your place is kept; please keep the page open.
out-of-touch-else = This page has no connection at the moment. What you see may have changed.

## Leaving

leave = Leave the waiting area
leave-question = Leave the waiting area?
leave-why = You give up your place in the queue.
leave-yes = Leave now
leaving = Leaving…
leave-no = Keep my place

## What is wrong, and what to do about it

name-missing = Enter your name.
number-missing = Enter your mobile number.
answer-missing = This needs an answer.
consent-missing = Please agree to go on.
too-long = This is too long. Make it shorter.
code-incomplete = Enter the 6 digits of the code.
# $attempts (count): how often the code may still be tried, at least 1.
code-wrong = That is not the code. { $attempts ->
    [one] You can try once more.
   *[other] You can try { $attempts } more times.
}
code-wrong-look-again = That is not the code. Look again and retype it.
# $wait (phrase): how long, such as “4 min 30 s”.
too-often = That was asked for too often. Try again in { $wait }.
# $wait (phrase): how long, such as “4 min 30 s”.
no-code-can-be-sent-yet = No code can be sent yet. You can ask again in { $wait }. You keep your place.
# $wait (phrase): how long, such as “4 min 30 s”.
too-many-wrong-codes = Too many wrong codes were entered. You can try again in { $wait }. You keep your place while this page is open.
server-unreachable = The clinic could not be reached. Check your connection and try again: nothing you typed is lost.
leave-unreachable = The clinic could not be reached, so you may still be in the queue. Try again in a moment.
unavailable = That cannot be done right now. Try again in a moment.

# In place of the server’s own sentences, which are in English and are shown as they are there.
refused-name = Please check the name and type it again. It may be too long.
refused-number = We cannot use this number. Check it, and use a mobile number. Start with + and the country code if it is of another country; some clinics do not take those. You can also wait without a number: keep this page open.
refused-answer = Please check this answer and type it again. It may be too long.
refused-code = Enter the 6 digits of the newest code.
refused-code-unavailable = That cannot be done right now. Please keep this page open: you keep your place. Try again later, or ask the clinic’s staff to verify your number.
refused-not-offered = This clinic does not offer that. Please keep this page open.
refused-wrong-status = That cannot be done any more: something has changed in the meantime.

## How long something takes: never less than it is

# $seconds (count): under a minute, with nothing before it.
duration-seconds = { $seconds ->
    [one] 1 second
   *[other] { $seconds } seconds
}
# $minutes (count): full minutes.
duration-minutes = { $minutes ->
    [one] 1{ "\u00A0" }min
   *[other] { $minutes }{ "\u00A0" }min
}
# $hours (count): full hours.
duration-hours = { $hours ->
    [one] 1{ "\u00A0" }h
   *[other] { $hours }{ "\u00A0" }h
}
# $minutes (phrase): such as “4 min”.
# $seconds (count): what there is beside them, under a minute.
duration-minutes-and-seconds = { $minutes }{ "\u00A0" }{ $seconds ->
    [one] 1{ "\u00A0" }s
   *[other] { $seconds }{ "\u00A0" }s
}
# $hours (phrase): such as “2 h”.
# $minutes (phrase): what there is beside them, such as “4 min”.
duration-hours-and-minutes = { $hours }{ "\u00A0" }{ $minutes }

## The language

# The label of the choice.
language = Language
