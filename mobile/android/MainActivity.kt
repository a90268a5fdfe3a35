package dev.dioxus.main

import android.content.Intent
import android.os.Bundle
import android.webkit.JavascriptInterface
import android.webkit.WebView
import java.util.concurrent.atomic.AtomicReference

// The app's activity. It has one thing to do besides the library's own: the windowing library drops the
// intents that bring a link, so the page's script (`shell/shell.js`) takes it from here and tells the
// program.
class MainActivity : WryActivity() {
    // Until the page has taken it. A later link replaces one that nobody has taken yet.
    private val link = AtomicReference<String?>(null)
    private var page: WebView? = null

    override fun onCreate(savedInstanceState: Bundle?) {
        // An activity that is made anew, after a turn of the phone say, was opened by nothing new.
        if (savedInstanceState == null) keep(intent)
        super.onCreate(savedInstanceState)
    }

    // While the app runs: the activity is `singleTask` in the manifest.
    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        setIntent(intent)
        keep(intent)
        page?.evaluateJavascript("globalThis.standbyShell?.passLinkOn()", null)
    }

    override fun onWebViewCreate(webView: WebView) {
        page = webView
        // Before the first page is loaded, so that its script finds it.
        webView.addJavascriptInterface(Links(), "standbyAndroid")
    }

    private fun keep(intent: Intent?) {
        if (intent?.action != Intent.ACTION_VIEW) return
        // From the list of recent apps: the link was opened some other day.
        if (intent.flags and Intent.FLAG_ACTIVITY_LAUNCHED_FROM_HISTORY != 0) return
        intent.dataString?.let(link::set)
    }

    inner class Links {
        @JavascriptInterface
        fun takeLink(): String? = link.getAndSet(null)
    }
}
