// The first paint, before the app: in the reader's language, and honest where the app cannot be started.
// A first screen that stays as it is would leave a caller waiting for nothing. Gone from use once the app
// has taken the page over.
(() => {
  "use strict";

  // English is in the page itself. The app chooses its language in the same way (`src/language.rs`), and a
  // test holds the words that both say together.
  const WORDS = {
    "zh-Hans": {
      title: "候诊区",
      heading: "请稍候",
      lead: "正在打开候诊区。",
      failed:
        "无法载入本页面。请检查网络，然后重试。如果仍打不开，请使用其他浏览器，或致电诊所。如果您已在排队，您的排队位置会保留。",
      again: "重试",
    },
    ar: {
      title: "منطقة الانتظار",
      heading: "لحظة من فضلك",
      lead: "جارٍ فتح منطقة الانتظار.",
      failed:
        "تعذّر تحميل هذه الصفحة. يُرجى التحقق من الاتصال والمحاولة مرة أخرى. إذا لم تُفتح الصفحة، يُرجى استخدام متصفح آخر أو الاتصال هاتفيًا بالعيادة. إذا كان لديك مكان في قائمة الانتظار، فهو محفوظ.",
      again: "المحاولة مرة أخرى",
    },
    vi: {
      title: "Khu vực chờ",
      heading: "Xin chờ một chút",
      lead: "Đang mở khu vực chờ.",
      failed:
        "Không tải được trang này. Xin kiểm tra kết nối và thử lại. Nếu vẫn không mở được, xin dùng trình duyệt khác hoặc gọi điện cho phòng khám. Nếu quý vị đã có vị trí trong hàng chờ, vị trí đó được giữ.",
      again: "Thử lại",
    },
    el: {
      title: "Χώρος αναμονής",
      heading: "Μια στιγμή",
      lead: "Ανοίγει ο χώρος αναμονής.",
      failed:
        "Η σελίδα δεν φορτώθηκε. Ελέγξτε τη σύνδεσή σας και προσπαθήστε ξανά. Αν πάλι δεν ανοίγει, δοκιμάστε άλλον φυλλομετρητή ή τηλεφωνήστε στην κλινική. Αν έχετε ήδη θέση στη σειρά, σας τη φυλάμε.",
      again: "Προσπαθήστε ξανά",
    },
    en: {},
  };

  function chosen() {
    try {
      const kept = localStorage.getItem("standby.language");
      if (Object.keys(WORDS).includes(kept)) return kept;
    } catch {
      // A browser may forbid storage: then nothing was kept.
    }
    const primary = (code) => code.split(/[-_]/)[0].toLowerCase();
    for (const wanted of navigator.languages ?? []) {
      const language = Object.keys(WORDS).find((code) => primary(code) === primary(wanted));
      if (language) return language;
    }
    return "en";
  }

  const language = chosen();
  const words = WORDS[language];
  document.documentElement.lang = language;
  document.documentElement.dir = language === "ar" ? "rtl" : "ltr";

  function say(id, text) {
    const element = document.getElementById(id);
    if (element && text) element.textContent = text;
  }

  function failed() {
    document.getElementById("opening-failed")?.removeAttribute("hidden");
    document.getElementById("opening-working")?.setAttribute("hidden", "");
  }

  // Caught on the way down: the failure of a script to load does not bubble.
  window.addEventListener("error", failed, true);
  window.addEventListener("unhandledrejection", failed);
  // As soon as the page is read and before the app's script is run: nothing is painted in between.
  document.addEventListener("readystatechange", () => {
    if (document.readyState !== "interactive") return;
    if (words.title) document.title = words.title;
    say("opening-heading", words.heading);
    say("opening-lead", words.lead);
    say("opening-failed-words", words.failed);
    say("opening-again", words.again);
    // Not a link: that would drop the fragment, and with it the caller's key.
    document.getElementById("opening-again")?.addEventListener("click", () => location.reload());
    if (typeof WebAssembly !== "object") failed();
  });
})();
