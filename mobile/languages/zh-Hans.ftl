### 候诊页面的简体中文文本，译自 en.ftl。
###
### 用词（全文一致）：
###   waiting area 候诊区 · waiting 候诊 · clinic 诊所 · provider 医护人员 · consultation 就诊
###   place in the queue 排队位置 · queue 队列 · away 暂时离开 · arrive 登记 · arrive again 重新登记
###   text (SMS) 短信 · code 验证码 · verify 验证 · wait screen, page 本页面 · stay 本次候诊
### 一律用“您”。句子要短，语气要客气。

## 标题

heading-opening = 请稍候
heading-unreachable = 无法连接到候诊区
heading-clinic-unknown = 找不到这家诊所
heading-clinic-closed = 候诊区已关闭
heading-already-waiting = 您已经在这里登记
heading-place-at-risk = 在另一个人登记之前
heading-arriving = 进入候诊区
heading-waiting = 您正在候诊
heading-welcome-back = 欢迎回来
heading-coming-back = 正在恢复您的候诊
heading-ready-to-join = 可以就诊了
heading-on-hold = 请稍等
heading-completed = 您的就诊已结束
heading-cancelled = 诊所已结束您的候诊
heading-left = 您已离开候诊区
heading-taking-back = 正在找回您的排队位置
heading-lost-contact = 我们与您失去了联系
heading-link-broken = 此链接无效
heading-start = 您的候诊区
heading-getting-latest = 正在获取最新信息…
heading-other-link = 要打开另一个链接吗？

## 候诊之前

opening = 正在打开候诊区。
unreachable = 这台设备可能没有联网，或者网络较慢。我们会继续尝试。
unreachable-place = 如果您已在排队，您的排队位置会保留。
try-again = 重试
clinic-unknown = 链接可能已过期或不完整。请从诊所的短信或网站重新打开，或致电诊所。
clinic-closed = 目前无法进入。诊所开放后，本页面会自动打开。
clinic-closed-urgent = 如果您现在需要诊治，请致电诊所。如遇紧急情况，请拨打急救电话。
check-again = 再看一下

already-waiting = 您之前已用这台设备登记。您无需重新登记。
go-on = 继续
someone-else = 是另一个人要登记

place-at-risk-verify = { $first } 还没有验证手机号码，会失去排队位置。请先验证，或在另一台设备上保持其页面打开。
place-at-risk-verify-unnamed = 之前登记的人还没有验证手机号码，会失去排队位置。请先验证，或在另一台设备上保持其页面打开。
place-at-risk-keep = { $first } 必须保持其页面打开，否则会失去排队位置。请让另一个人用别的设备登记。
place-at-risk-keep-unnamed = 之前登记的人必须保持其页面打开，否则会失去排队位置。请让另一个人用别的设备登记。
place-at-risk-unknown = 我们目前无法确定 { $first } 是否已验证手机号码。如果没有验证，会失去排队位置。请先返回其页面，或在另一台设备上保持该页面打开。
place-at-risk-unknown-unnamed = 我们目前无法确定之前登记的人是否已验证手机号码。如果没有验证，会失去排队位置。请先返回其页面，或在另一台设备上保持该页面打开。
verify-first = 先验证
back-to-their-page = 返回其页面
arrive-anyway = 仍要登记

link-broken = 链接可能不完整，或者那次候诊已经结束。
link-broken-newest-text = 请打开诊所发来的最新短信中的链接。
link-broken-clinic-link = 或打开诊所自己的链接，重新登记。
link-broken-phone = 如果都不行，请致电诊所。

other-link-at = 您已经在 { $clinic } 候诊。
other-link = 您已经在候诊。
other-link-place-of = 另一个链接属于 { $first }，诊所是 { $clinic }。
other-link-place = 另一个链接属于 { $clinic } 的另一个排队位置。
other-link-clinic = 另一个链接通向 { $clinic }。
other-link-kept = 如果打开它，您在这里的排队位置会保留；轮到您时，我们仍会发短信通知您。
other-link-kept-untexted = 如果打开它，您在这里的排队位置会保留，但我们无法给您发短信：请及时回来。
other-link-with-provider = 医护人员正在这里等您。
other-link-lost = 如果打开另一个链接，您可能会失去这里的排队位置：您的手机号码还没有验证。
stay-here = 留在这里
open-other-link = 打开另一个链接
link-broken-still-waiting = 您仍在候诊，排队位置不变。
back-to-my-place = 返回我的候诊
try-another-link = 试试其他链接

start = 您可以在这里候诊。您可以先把手机收起来，轮到您时我们会通知您。
start-open = 请打开诊所发给您的链接，本应用会带您过去。您也可以把链接粘贴到这里。
start-link = 诊所的链接
start-link-wrong = 此链接不通向候诊区。请复制完整的链接，或复制整条短信。
start-go = 打开
start-latest = 在 { $clinic } 登记
waiting-area = 候诊区

## 登记

arriving = 请告诉诊所您已到达。只需一分钟。
arriving-offline-queueing = 请告诉诊所您已到达。之后您可以收起手机：轮到您时，我们会发短信通知您。
your-name = 您的姓名
mobile-number = 手机号码
mobile-hint = 方便诊所联系您。
mobile-hint-offline-queueing = 轮到您时，我们会发短信通知您。
same-number-named = 与 { $first } 的号码相同。如果不是您的号码，请更改。
same-number-unnamed = 与之前的号码相同。如果不是您的号码，请更改。
optional = 选填
clear-details = 不是您？清除这些信息
i-agree = 我同意
before-you-join = 进入之前
join-waiting-area = 进入候诊区
joining = 正在进入…

## 排队位置

you-are-next = 下一位就是您
you-are-number = 您排在第 { $number } 位
ahead-nobody = 您前面没有人。
ahead-none-away = 您前面有 { $ahead } 人。
ahead-all-away = 您前面有 { $ahead } 人，目前暂时离开了。
ahead-some-away = 您前面有 { $ahead } 人，其中 { $away } 人目前暂时离开了。

## 现在可以做什么

keep-open = 请保持本页面打开
keep-open-or-verify = 请保持本页面打开；如果想离开一会儿，请验证您的手机号码。
keep-open-why = 您看着本页面时，医护人员可以随时与您开始就诊。离开太久，您可能会失去排队位置。
keep-awake = 候诊时保持屏幕常亮
free-to-go = 您可以收起手机了
free-to-go-ending = 轮到您时，我们会向尾号为 { $ending } 的手机发短信通知您。您的排队位置会保留。
free-to-go-why = 轮到您时，我们会发短信通知您。您的排队位置会保留。
texts-stopped-why = 这个号码已要求不接收短信，所以轮到您时我们无法发短信通知您。如果想重新接收短信，请发送 START 到发来短信的号码。
change-number = 更改号码
keep-number = 保留这个号码
use-another-number = 使用其他号码
wait-here = 在本页面等候
wait-here-instead = 改为在此等候
keep-old-number = 保留原来的号码
verify-after-all = 验证手机号码，即可离开一会儿
code-waiting = 您可以离开本页面去看短信：您的排队位置会保留。

welcome-back = 您正在候诊；医护人员现在可以与您开始就诊。
welcome-back-why = 请留在本页面：就快轮到您了。
coming-back = 我们正在通知诊所您已回来。您的排队位置已保留。
place-back = 您的排队位置已找回
place-back-why = 我们与本页面失去联系了一会儿。您又在候诊了，位置不变。

## 验证号码

verify-heading = 候诊时可以离开一会儿
verify-why = 验证您的号码后即可收起手机：轮到您时，我们会发短信通知您。
verify-why-texts-stopped = 请验证另一个号码；这个号码重新接收短信后，也可以再验证它。之后您可以收起手机：轮到您时，我们会发短信通知您。
change-why = 我们会向新号码发送验证码短信。
old-number-stays = 在您输入验证码之前，原来的号码继续有效。
send-code = 发送验证码
sending-code = 正在发送…
code-heading = 请输入验证码
code-queued = 我们正在向 { $number } 发送 6 位数验证码短信。可能需要稍等片刻。
code-sent = 我们已向 { $number } 发送 6 位数验证码短信。可能需要稍等片刻。
code-delivered = 您的 6 位数验证码已发到 { $number }。10 分钟内有效。
code-unknown = 我们无法确定短信是否已发出。
code-unknown-helps = 如果收到验证码，请在此输入。
code = 验证码
verify = 验证
verifying = 正在核对…
checking-takes = 可能需要几秒钟。
send-another = 重新发送验证码
new-code-heading = 请获取新的验证码
code-spent = 这个验证码已失效。
code-spent-helps = 请获取新的验证码。
no-code-yet = 还没收到验证码？
another-code-after = { $wait }后，您可以再次获取验证码。
attempts-left = 您还可以再试 { $attempts } 次。
or-wait-here = 或保持本页面打开：您的排队位置会保留。
or-keep-old-number = 或保留原来的号码，它继续有效。

## 在这台设备上通知

notices-heading = 也在这台设备上通知我
notices-why = 快轮到您时，这台设备可以显示通知。短信一定会发送。
notices-want = 在这台设备上显示
notices-decline = 不用，短信就够了
notices-on = 快轮到您时，这台设备会显示通知
notices-on-text = 无论如何，短信都会发送。
notice-sound = 声音
notice-vibration = 振动
notices-off = 不在这台设备上通知
notices-refused = 这里还不能显示通知。请在本设备的设置中允许本应用或浏览器显示通知，然后重试。短信一定会发送。
notice-recalled = 快轮到您了。请回到候诊区。
notice-cancelled = 诊所已结束您的候诊。请打开候诊区查看原因。

## 收不到的验证码

not-coming-heading = 验证码无法发送到这个号码
no-texts-now = 目前无法发送短信
not-coming-no-such-number = 没有 { $number } 这个号码。
not-coming-no-such-number-helps = 请检查，并使用正确的号码。
not-coming-landline = { $number } 是固定电话，不能接收短信。
not-coming-landline-helps = 请使用手机号码。
not-coming-opted-out = { $number } 已要求不接收短信。
not-coming-opted-out-helps = 请使用其他号码。或者用这个号码发送 START 到我们发短信的号码，然后再次获取验证码。
not-coming-blocked = 电信网络不让我们的短信发送到 { $number }。
not-coming-blocked-helps = 请使用其他号码。
not-coming-no-texts = 验证码未能发出。这与您的号码无关。
not-coming-no-texts-helps = 请稍后再获取验证码。
not-coming-unreachable = { $number } 已关机或不在服务区，所以验证码没有送达。
not-coming-other = 验证码没有送达 { $number }。
if-it-still-comes = 如果之后收到，请在此输入。

## 就诊

provider-ready = 医护人员已准备好为您看诊。
join-consultation = 开始就诊
join-opens = 就诊会在另一个页面中打开。您可能需要允许使用摄像头和麦克风。
room-coming = 医护人员正在准备诊室。按钮很快会出现在这里。
on-hold = 医护人员很快会回来。请不要走远：可以继续时，本页面会通知您。
on-hold-with-room = 医护人员很快会回来。请在诊室或本页面等候；可以继续时，本页面会通知您。
back-to-room = 返回就诊

## 结束的候诊

completed = 感谢您的等候。这里没有其他需要您做的事了。
cancelled = 您已不在队列中。
cancelled-reason = 诊所留言
cancelled-next = 如果您认为有误，请致电诊所或重新登记。
left = 您已不在队列中。如果仍需诊治，您可以重新登记。
left-by-text = 您回复短信表示离开，所以您已不在队列中。如果仍需诊治，您可以重新登记。
taking-back = 我们与本页面失去联系了一会儿。正在找回您的排队位置。
taking-back-again = 目前无法联系到诊所。我们会继续尝试。
lost-contact = 本页面失去联系太久，您的排队位置未能保留。非常抱歉。您可以用同样的信息重新登记。
arrive-again = 重新登记
need-clinic-link = 要重新登记，请打开诊所的链接。
other-place = 您可能仍在排队。

## 失去连接

out-of-touch = 正在重新连接…
out-of-touch-verified = 本页面目前没有连接。您的排队位置会保留；如果一直连不上，轮到您时我们会发短信通知您。
out-of-touch-untexted = 本页面目前没有连接。您的排队位置会保留。请保持本页面打开：我们无法给您发短信。
out-of-touch-unverified = 本页面目前没有连接。您的排队位置会保留；请保持本页面打开。
out-of-touch-else = 本页面目前没有连接。您看到的内容可能已有变化。

## 离开

leave = 离开候诊区
leave-question = 要离开候诊区吗？
leave-why = 您将放弃您的排队位置。
leave-yes = 现在离开
leaving = 正在离开…
leave-no = 保留我的位置

## 出了什么问题，该怎么办

name-missing = 请输入您的姓名。
number-missing = 请输入您的手机号码。
answer-missing = 请回答这一项。
consent-missing = 请先同意，然后继续。
too-long = 内容太长。请缩短。
code-incomplete = 请输入 6 位数验证码。
code-wrong = 验证码不对。您还可以再试 { $attempts } 次。
code-wrong-look-again = 验证码不对。请再看一遍，重新输入。
too-often = 请求次数太多。请在{ $wait }后重试。
no-code-can-be-sent-yet = 现在还不能发送验证码。{ $wait }后您可以再次获取。您的排队位置会保留。
too-many-wrong-codes = 输错验证码的次数太多。{ $wait }后您可以重试。只要本页面打开，您的排队位置就会保留。
server-unreachable = 无法联系到诊所。请检查网络，然后重试：您输入的内容不会丢失。
leave-unreachable = 无法联系到诊所，您可能还在队列中。请稍后重试。
unavailable = 目前无法完成。请稍后重试。

refused-name = 请检查姓名并重新输入。可能太长了。
refused-number = 我们无法使用这个号码。请检查，并使用手机号码。如果是其他国家的号码，请以 + 和国家代码开头；有些诊所不接受其他国家的号码。您也可以不用手机号码候诊：请保持本页面打开。
refused-answer = 请检查这个回答并重新输入。可能太长了。
refused-code = 请输入最新验证码的 6 位数字。
refused-code-unavailable = 目前无法完成。请保持本页面打开：您的排队位置会保留。请稍后重试，或请诊所工作人员验证您的号码。
refused-not-offered = 这家诊所不提供此项服务。请保持本页面打开。
refused-wrong-status = 这已经无法完成：情况已有变化。

## 时间

duration-seconds = { $seconds } 秒
duration-minutes = { $minutes }{ "\u00A0" }分钟
duration-hours = { $hours }{ "\u00A0" }小时
duration-minutes-and-seconds = { $minutes } { $seconds }{ "\u00A0" }秒
duration-hours-and-minutes = { $hours } { $minutes }

## 语言

language = 语言
