### Các câu chữ của màn hình chờ bằng tiếng Việt, dịch từ en.ftl.
###
### Từ dùng nhất quán:
###   waiting area khu vực chờ · waiting đang chờ · clinic phòng khám · provider nhân viên y tế
###   consultation buổi khám · place in the queue vị trí trong hàng chờ · queue hàng chờ
###   away tạm đi khỏi · arrive ghi danh · arrive again ghi danh lại
###   text (SMS) tin nhắn · code mã · verify xác minh · page trang này · stay lần chờ
### Luôn xưng “quý vị”, phòng khám và hệ thống là “chúng tôi”. Câu ngắn và lịch sự.

## Tiêu đề

heading-opening = Xin chờ một chút
heading-unreachable = Không kết nối được với khu vực chờ
heading-clinic-unknown = Không tìm thấy phòng khám này
heading-clinic-closed = Khu vực chờ đã đóng
heading-already-waiting = Quý vị đã ghi danh ở đây rồi
heading-place-at-risk = Trước khi người khác ghi danh
heading-arriving = Vào khu vực chờ
heading-waiting = Quý vị đang chờ
heading-welcome-back = Chào mừng quý vị trở lại
heading-coming-back = Đang đưa quý vị trở lại
heading-ready-to-join = Đã sẵn sàng khám
heading-on-hold = Xin quý vị chờ trong giây lát
heading-completed = Buổi khám của quý vị đã kết thúc
heading-cancelled = Phòng khám đã kết thúc lần chờ của quý vị
heading-left = Quý vị đã rời khu vực chờ
heading-taking-back = Đang lấy lại vị trí của quý vị
heading-lost-contact = Chúng tôi đã mất liên lạc với quý vị
heading-link-broken = Đường dẫn này không dùng được
heading-start = Khu vực chờ của quý vị
heading-getting-latest = Đang lấy thông tin mới nhất…
heading-other-link = Mở đường dẫn kia?

## Trước khi chờ

opening = Đang mở khu vực chờ.
unreachable = Thiết bị này có thể đang mất mạng, hoặc mạng chậm. Chúng tôi vẫn đang thử lại.
unreachable-place = Nếu quý vị đã có vị trí trong hàng chờ, vị trí đó được giữ.
try-again = Thử lại
clinic-unknown = Đường dẫn có thể đã cũ hoặc bị thiếu. Xin mở lại từ tin nhắn hoặc trang mạng của phòng khám, hoặc gọi điện cho phòng khám.
clinic-closed = Hiện giờ chưa ai vào được. Trang này sẽ tự mở khi phòng khám mở cửa.
clinic-closed-urgent = Nếu quý vị cần được chăm sóc ngay, xin gọi điện cho phòng khám. Trong trường hợp khẩn cấp, xin gọi số cấp cứu.
check-again = Kiểm tra lại

already-waiting = Quý vị đã ghi danh trước đó từ thiết bị này. Quý vị không cần ghi danh lại.
go-on = Tiếp tục
someone-else = Người khác muốn ghi danh

place-at-risk-verify = { $first } chưa xác minh số điện thoại và sẽ mất vị trí. Xin xác minh trước, hoặc để trang của người đó mở trên thiết bị khác.
place-at-risk-verify-unnamed = Người ghi danh trước chưa xác minh số điện thoại và sẽ mất vị trí. Xin xác minh trước, hoặc để trang của người đó mở trên thiết bị khác.
place-at-risk-keep = { $first } phải để trang của mình mở, nếu không sẽ mất vị trí. Xin để người khác ghi danh từ thiết bị khác.
place-at-risk-keep-unnamed = Người ghi danh trước phải để trang của mình mở, nếu không sẽ mất vị trí. Xin để người khác ghi danh từ thiết bị khác.
place-at-risk-unknown = Hiện giờ chúng tôi không biết { $first } đã xác minh số điện thoại hay chưa. Nếu chưa, vị trí sẽ mất. Xin trở về trang của người đó trước, hoặc để trang đó mở trên thiết bị khác.
place-at-risk-unknown-unnamed = Hiện giờ chúng tôi không biết người ghi danh trước đã xác minh số điện thoại hay chưa. Nếu chưa, vị trí sẽ mất. Xin trở về trang của người đó trước, hoặc để trang đó mở trên thiết bị khác.
verify-first = Xác minh trước
back-to-their-page = Trở về trang của người đó
arrive-anyway = Vẫn ghi danh

link-broken = Đường dẫn có thể bị thiếu, hoặc lần chờ đó đã kết thúc.
link-broken-newest-text = Xin mở đường dẫn trong tin nhắn mới nhất của phòng khám.
link-broken-clinic-link = Hoặc mở đường dẫn riêng của phòng khám và ghi danh lại.
link-broken-phone = Nếu cả hai cách đều không được, xin gọi điện cho phòng khám.

other-link-at = Quý vị đang chờ tại { $clinic } rồi.
other-link = Quý vị đang chờ rồi.
other-link-place-of = Đường dẫn kia là của { $first }, tại { $clinic }.
other-link-place = Đường dẫn kia thuộc một vị trí khác trong hàng chờ, tại { $clinic }.
other-link-clinic = Đường dẫn kia dẫn đến { $clinic }.
other-link-kept = Nếu quý vị mở đường dẫn kia, vị trí của quý vị ở đây được giữ, và chúng tôi vẫn nhắn tin khi đến lượt quý vị.
other-link-kept-untexted = Nếu quý vị mở đường dẫn kia, vị trí của quý vị ở đây được giữ, nhưng chúng tôi không thể nhắn tin: xin trở lại kịp lúc.
other-link-with-provider = Nhân viên y tế đang chờ quý vị ở đây.
other-link-lost = Nếu quý vị mở đường dẫn kia, quý vị có thể mất vị trí ở đây: số điện thoại của quý vị chưa được xác minh.
stay-here = Ở lại đây
open-other-link = Mở đường dẫn kia
link-broken-still-waiting = Quý vị vẫn đang chờ, ở cùng vị trí.
back-to-my-place = Trở về vị trí của tôi
try-another-link = Thử đường dẫn khác

start = Quý vị chờ buổi khám của mình tại đây. Quý vị có thể cất điện thoại: chúng tôi báo khi đến lượt quý vị.
start-open = Xin mở đường dẫn mà phòng khám đã gửi cho quý vị, ứng dụng này sẽ đưa quý vị đến đó. Hoặc dán đường dẫn vào đây.
start-link = Đường dẫn của phòng khám
start-link-wrong = Đường dẫn này không dẫn đến khu vực chờ nào. Xin sao chép cả đường dẫn, hoặc cả tin nhắn.
start-go = Mở
start-latest = Ghi danh tại { $clinic }
waiting-area = Khu vực chờ

## Ghi danh

arriving = Xin cho phòng khám biết quý vị đã đến. Chỉ mất một phút.
arriving-offline-queueing = Xin cho phòng khám biết quý vị đã đến. Sau đó quý vị có thể cất điện thoại: chúng tôi sẽ nhắn tin khi đến lượt quý vị.
your-name = Họ tên của quý vị
mobile-number = Số điện thoại di động
mobile-hint = Để phòng khám có thể liên lạc với quý vị.
mobile-hint-offline-queueing = Để chúng tôi nhắn tin khi đến lượt quý vị.
same-number-named = Cùng số với { $first }. Xin đổi nếu đó không phải số của quý vị.
same-number-unnamed = Cùng số như trước. Xin đổi nếu đó không phải số của quý vị.
optional = không bắt buộc
clear-details = Không phải quý vị? Xóa các thông tin này
i-agree = Tôi đồng ý
before-you-join = Trước khi vào
join-waiting-area = Vào khu vực chờ
joining = Đang vào…

## Vị trí trong hàng chờ

you-are-next = Quý vị là người kế tiếp
you-are-number = Quý vị ở vị trí số { $number }
ahead-nobody = Không có ai trước quý vị.
ahead-none-away = Có { $ahead } người trước quý vị.
ahead-all-away = Có { $ahead } người trước quý vị, hiện đang tạm đi khỏi.
ahead-some-away = Có { $ahead } người trước quý vị; trong đó { $away } người hiện đang tạm đi khỏi.

## Bây giờ quý vị có thể làm gì

keep-open = Xin để trang này mở
keep-open-or-verify = Xin để trang này mở, hoặc xác minh số điện thoại để có thể tạm đi khỏi.
keep-open-why = Nhân viên y tế có thể bắt đầu khám khi quý vị đang xem trang này. Nếu rời trang quá lâu, quý vị có thể mất vị trí.
keep-awake = Giữ màn hình sáng trong lúc tôi chờ
free-to-go = Quý vị có thể cất điện thoại
free-to-go-ending = Chúng tôi sẽ nhắn tin đến số điện thoại có đuôi { $ending } khi đến lượt quý vị. Vị trí của quý vị được giữ.
free-to-go-why = Chúng tôi sẽ nhắn tin khi đến lượt quý vị. Vị trí của quý vị được giữ.
texts-stopped-why = Số này đã yêu cầu không nhận tin nhắn, nên chúng tôi không thể nhắn tin khi đến lượt quý vị. Để nhận lại tin nhắn, xin gửi START đến số đã nhắn tin cho quý vị.
change-number = Đổi số điện thoại
keep-number = Giữ số này
use-another-number = Dùng số khác
wait-here = Chờ trên trang này
wait-here-instead = Chờ tại đây thay vì nhận mã
keep-old-number = Giữ số cũ
verify-after-all = Xác minh số điện thoại để có thể tạm đi khỏi
code-waiting = Quý vị có thể rời trang này để đọc tin nhắn: vị trí của quý vị được giữ.

welcome-back = Quý vị đang chờ; nhân viên y tế có thể bắt đầu khám ngay bây giờ.
welcome-back-why = Xin ở lại trang này: sắp đến lượt quý vị.
coming-back = Chúng tôi đang báo cho phòng khám biết quý vị đã trở lại. Vị trí của quý vị được giữ.
place-back = Quý vị đã lấy lại được vị trí
place-back-why = Chúng tôi đã mất liên lạc với trang này một lúc. Quý vị lại đang chờ, ở cùng vị trí cũ.

## Xác minh số điện thoại

verify-heading = Tạm đi khỏi trong lúc chờ
verify-why = Xin xác minh số điện thoại, rồi cất điện thoại: chúng tôi sẽ nhắn tin khi đến lượt quý vị.
verify-why-texts-stopped = Xin xác minh số khác, hoặc số này khi số đã nhận lại tin nhắn. Sau đó quý vị có thể cất điện thoại: chúng tôi sẽ nhắn tin khi đến lượt quý vị.
change-why = Chúng tôi sẽ nhắn một mã đến số mới.
old-number-stays = Cho đến khi quý vị nhập mã, số cũ vẫn được dùng.
send-code = Gửi mã
sending-code = Đang gửi…
code-heading = Xin nhập mã
code-queued = Chúng tôi đang nhắn mã 6 chữ số đến { $number }. Có thể mất một lúc.
code-sent = Chúng tôi đã nhắn mã 6 chữ số đến { $number }. Có thể mất một lúc.
code-delivered = Mã 6 chữ số của quý vị đã đến số { $number }. Mã dùng được trong 10 phút.
code-unknown = Chúng tôi không biết tin nhắn đã được gửi đi hay chưa.
code-unknown-helps = Nếu nhận được mã, xin nhập vào đây.
code = Mã
verify = Xác minh
verifying = Đang kiểm tra…
checking-takes = Có thể mất vài giây.
send-another = Gửi mã khác
new-code-heading = Xin lấy mã mới
code-spent = Mã này không còn dùng được.
code-spent-helps = Xin lấy mã khác.
no-code-yet = Chưa nhận được mã?
another-code-after = Quý vị có thể lấy mã khác sau { $wait }.
attempts-left = Quý vị có thể thử thêm { $attempts } lần.
or-wait-here = Hoặc để trang này mở: vị trí của quý vị được giữ.
or-keep-old-number = Hoặc giữ số cũ, số này vẫn được dùng.

## Thông báo trên thiết bị này

notices-heading = Báo cho tôi cả trên thiết bị này
notices-why = Khi sắp đến lượt quý vị, thiết bị này có thể hiện thông báo. Tin nhắn luôn được gửi.
notices-want = Hiện thông báo trên thiết bị này
notices-decline = Không, tin nhắn là đủ
notices-on = Thiết bị này báo khi sắp đến lượt quý vị
notices-on-text = Dù thế nào, tin nhắn vẫn được gửi.
notice-sound = Âm thanh
notice-vibration = Rung
notices-off = Không thông báo trên thiết bị này
notices-refused = Ở đây chưa được phép hiện thông báo. Xin cho phép ứng dụng hoặc trình duyệt này hiện thông báo trong cài đặt của thiết bị, rồi thử lại. Tin nhắn luôn được gửi.
notice-recalled = Sắp đến lượt quý vị. Xin quay lại khu vực chờ.
notice-cancelled = Phòng khám đã kết thúc lần chờ của quý vị. Xin mở khu vực chờ để xem lý do.

## Mã không đến được

not-coming-heading = Không thể gửi mã đến số này
no-texts-now = Hiện giờ không gửi được tin nhắn
not-coming-no-such-number = Không có số { $number }.
not-coming-no-such-number-helps = Xin kiểm tra và dùng số đúng.
not-coming-landline = { $number } là số điện thoại bàn, không nhận được tin nhắn.
not-coming-landline-helps = Xin dùng số di động.
not-coming-opted-out = { $number } đã yêu cầu không nhận tin nhắn.
not-coming-opted-out-helps = Xin dùng số khác. Hoặc từ số này gửi START đến số đã nhắn tin cho quý vị, rồi lấy mã khác.
not-coming-blocked = Mạng điện thoại không cho tin nhắn của chúng tôi đến { $number }.
not-coming-blocked-helps = Xin dùng số khác.
not-coming-no-texts = Không gửi được mã. Lý do không phải từ số của quý vị.
not-coming-no-texts-helps = Xin lấy mã khác sau.
not-coming-unreachable = { $number } đang tắt máy hoặc ngoài vùng phủ sóng, nên mã chưa đến được.
not-coming-other = Mã chưa đến được số { $number }.
if-it-still-comes = Nếu mã đến sau, xin nhập vào đây.

## Với nhân viên y tế

provider-ready = Nhân viên y tế đã sẵn sàng khám cho quý vị.
join-consultation = Vào buổi khám
join-opens = Buổi khám mở trong một trang riêng. Quý vị có thể được hỏi có cho phép dùng máy ảnh và micrô không.
room-coming = Nhân viên y tế đang chuẩn bị phòng. Nút bấm sẽ hiện ra ở đây trong giây lát.
on-hold = Nhân viên y tế sẽ sớm trở lại với quý vị. Xin đừng đi xa: trang này sẽ báo khi có thể tiếp tục.
on-hold-with-room = Nhân viên y tế sẽ sớm trở lại với quý vị. Xin chờ trong buổi khám hoặc trên trang này; trang sẽ báo khi có thể tiếp tục.
back-to-room = Trở lại buổi khám

## Lần chờ đã kết thúc

completed = Cảm ơn quý vị đã chờ. Quý vị không cần làm gì thêm ở đây.
cancelled = Quý vị không còn trong hàng chờ.
cancelled-reason = Lời nhắn của phòng khám
cancelled-next = Nếu quý vị nghĩ đây là nhầm lẫn, xin gọi điện cho phòng khám hoặc ghi danh lại.
left = Quý vị không còn trong hàng chờ. Nếu vẫn cần được chăm sóc, quý vị có thể ghi danh lại.
left-by-text = Quý vị đã trả lời tin nhắn rằng quý vị rời đi, nên quý vị không còn trong hàng chờ. Nếu vẫn cần được chăm sóc, quý vị có thể ghi danh lại.
taking-back = Chúng tôi đã mất liên lạc với trang này một lúc. Chúng tôi đang lấy lại vị trí của quý vị trong hàng chờ.
taking-back-again = Hiện giờ chưa liên lạc được với phòng khám. Chúng tôi vẫn đang thử lại.
lost-contact = Trang này mất liên lạc quá lâu nên vị trí của quý vị không giữ được. Chúng tôi xin lỗi. Quý vị có thể ghi danh lại với cùng thông tin.
arrive-again = Ghi danh lại
need-clinic-link = Để ghi danh lại, xin mở đường dẫn của phòng khám.
other-place = Quý vị có thể vẫn còn vị trí trong hàng chờ.

## Mất kết nối

out-of-touch = Đang kết nối lại…
out-of-touch-verified = Trang này hiện không có kết nối. Vị trí của quý vị được giữ, và nếu vẫn mất kết nối, chúng tôi sẽ nhắn tin khi đến lượt quý vị.
out-of-touch-untexted = Trang này hiện không có kết nối. Vị trí của quý vị được giữ. Xin để trang này mở: chúng tôi không thể nhắn tin cho quý vị.
out-of-touch-unverified = Trang này hiện không có kết nối. Vị trí của quý vị được giữ; xin để trang này mở.
out-of-touch-else = Trang này hiện không có kết nối. Những gì quý vị thấy có thể đã thay đổi.

## Rời đi

leave = Rời khu vực chờ
leave-question = Quý vị muốn rời khu vực chờ?
leave-why = Quý vị sẽ bỏ vị trí của mình trong hàng chờ.
leave-yes = Rời đi ngay
leaving = Đang rời đi…
leave-no = Giữ vị trí của tôi

## Điều gì chưa đúng, và cần làm gì

name-missing = Xin nhập họ tên của quý vị.
number-missing = Xin nhập số điện thoại di động của quý vị.
answer-missing = Xin trả lời câu này.
consent-missing = Xin đồng ý để tiếp tục.
too-long = Phần này quá dài. Xin viết ngắn hơn.
code-incomplete = Xin nhập đủ 6 chữ số của mã.
code-wrong = Mã không đúng. Quý vị có thể thử thêm { $attempts } lần.
code-wrong-look-again = Mã không đúng. Xin xem lại và nhập lần nữa.
too-often = Yêu cầu quá nhiều lần. Xin thử lại sau { $wait }.
no-code-can-be-sent-yet = Chưa thể gửi mã. Quý vị có thể lấy mã sau { $wait }. Vị trí của quý vị được giữ.
too-many-wrong-codes = Mã đã bị nhập sai quá nhiều lần. Quý vị có thể thử lại sau { $wait }. Vị trí của quý vị được giữ khi trang này còn mở.
server-unreachable = Không liên lạc được với phòng khám. Xin kiểm tra kết nối và thử lại: những gì quý vị đã nhập không bị mất.
leave-unreachable = Không liên lạc được với phòng khám, nên quý vị có thể vẫn còn trong hàng chờ. Xin thử lại trong giây lát.
unavailable = Hiện giờ chưa làm được việc này. Xin thử lại trong giây lát.

refused-name = Xin kiểm tra họ tên và nhập lại. Họ tên có thể quá dài.
refused-number = Chúng tôi không dùng được số này. Xin kiểm tra và dùng số di động. Nếu là số của nước khác, xin bắt đầu bằng + và mã quốc gia; có phòng khám không nhận số nước ngoài. Quý vị cũng có thể chờ mà không cần số điện thoại: xin để trang này mở.
refused-answer = Xin kiểm tra câu trả lời này và nhập lại. Câu trả lời có thể quá dài.
refused-code = Xin nhập 6 chữ số của mã mới nhất.
refused-code-unavailable = Hiện giờ chưa làm được việc này. Xin để trang này mở: vị trí của quý vị được giữ. Xin thử lại sau, hoặc nhờ nhân viên phòng khám xác minh số điện thoại.
refused-not-offered = Phòng khám này không có dịch vụ đó. Xin để trang này mở.
refused-wrong-status = Không thể làm việc này nữa: tình trạng đã thay đổi.

## Thời gian

duration-seconds = { $seconds } giây
duration-minutes = { $minutes }{ "\u00A0" }phút
duration-hours = { $hours }{ "\u00A0" }giờ
duration-minutes-and-seconds = { $minutes } { $seconds }{ "\u00A0" }giây
duration-hours-and-minutes = { $hours } { $minutes }

## Ngôn ngữ

language = Ngôn ngữ
