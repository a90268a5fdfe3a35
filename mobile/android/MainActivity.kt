package dev.dioxus.main

import android.Manifest
import android.app.Notification
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.content.Intent
import android.content.pm.PackageManager
import android.media.AudioAttributes
import android.media.RingtoneManager
import android.os.Build
import android.os.Bundle
import android.os.VibrationEffect
import android.os.Vibrator
import android.view.View
import android.view.WindowInsets
import android.view.WindowManager
import android.webkit.JavascriptInterface
import android.webkit.WebView
import java.util.concurrent.atomic.AtomicReference

// The app's activity. Besides the library's own it does what the program asks of the system
// (`src/platform/android.rs`), on this thread, which goes on while the page is hidden; and it passes on the
// links that open the app, because the windowing library drops the intents that bring them.
class MainActivity : WryActivity() {
    // Until somebody has taken it. A later link replaces one that nobody has taken yet.
    private val link = AtomicReference<String?>(null)
    private var page: WebView? = null

    override fun onCreate(savedInstanceState: Bundle?) {
        // An activity that is made anew was opened by nothing new.
        if (savedInstanceState == null) keep(intent)
        super.onCreate(savedInstanceState)
        // From version 15 the page lies under the system's bars and the keyboard, and webviews of that time do
        // not tell it how far: the page is kept between them.
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.VANILLA_ICE_CREAM) {
            val covered = WindowInsets.Type.systemBars() or WindowInsets.Type.displayCutout() or WindowInsets.Type.ime()
            findViewById<View>(android.R.id.content).setOnApplyWindowInsetsListener { view, insets ->
                val edges = insets.getInsets(covered)
                view.setPadding(edges.left, edges.top, edges.right, edges.bottom)
                WindowInsets.CONSUMED
            }
        }
    }

    // While the app runs: the activity is `singleTask` in the manifest.
    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        setIntent(intent)
        keep(intent)
        tellPage("shown()")
    }

    override fun onPause() {
        super.onPause()
        // Before version 10 one half of a split screen is paused, and still seen. The page knows which it is.
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.Q && isInMultiWindowMode) tellPage("shown()")
    }

    override fun onWebViewCreate(webView: WebView) {
        page = webView
        // Before the first page is loaded, so that its script finds it.
        webView.addJavascriptInterface(Links(), "standbyAndroid")
    }

    // The page's own script (`shell/shell.js`).
    private fun tellPage(what: String) {
        page?.evaluateJavascript("globalThis.standbyShell?.$what", null)
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

    // What follows is called by the program.

    fun takeLink(): String? = link.getAndSet(null)

    fun keepAwake(wanted: Boolean) {
        if (wanted) {
            window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        } else {
            window.clearFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        }
    }

    fun buzz() {
        getSystemService(Vibrator::class.java)?.vibrate(VibrationEffect.createWaveform(SHAKE, -1))
    }

    private val notices get() = getSystemService(NotificationManager::class.java)

    fun mayNotify(): Boolean = notices.areNotificationsEnabled()

    // The answer goes to the program by the page, which is on the screen then. Before version 13 there is nothing
    // to ask.
    fun askToNotify() {
        if (mayNotify() || Build.VERSION.SDK_INT < Build.VERSION_CODES.TIRAMISU) {
            answer(mayNotify())
        } else {
            requestPermissions(arrayOf(Manifest.permission.POST_NOTIFICATIONS), ASK_TO_NOTIFY)
        }
    }

    override fun onRequestPermissionsResult(
        requestCode: Int,
        permissions: Array<String>,
        grantResults: IntArray
    ) {
        super.onRequestPermissionsResult(requestCode, permissions, grantResults)
        if (requestCode == ASK_TO_NOTIFY) answer(mayNotify())
    }

    private fun answer(may: Boolean) = tellPage("answered($may)")

    fun showNotice(title: String, text: String, sound: Boolean, vibration: Boolean) {
        val channel = channel(sound, vibration)
        val open = packageManager.getLaunchIntentForPackage(packageName)?.let {
            val how = PendingIntent.FLAG_IMMUTABLE or PendingIntent.FLAG_UPDATE_CURRENT
            PendingIntent.getActivity(this, 0, it, how)
        }
        // The app's own resources have a name of their own at each build's identifier.
        val mark = resources.getIdentifier("standby_notice", "drawable", packageName)
        // For a locked screen that hides what is private: that there is something, and not where.
        val outside = Notification.Builder(this, channel)
            .setSmallIcon(mark)
            .setContentTitle(applicationInfo.loadLabel(packageManager))
            .build()
        val shown = Notification.Builder(this, channel)
            .setSmallIcon(mark)
            .setContentTitle(title)
            .setContentText(text)
            .setStyle(Notification.BigTextStyle().bigText(text))
            .setCategory(Notification.CATEGORY_EVENT)
            .setContentIntent(open)
            .setAutoCancel(true)
            .setVisibility(Notification.VISIBILITY_PRIVATE)
            .setPublicVersion(outside)
            .build()
        // Not allowed any more: then the system shows nothing.
        notices.notify(NOTICE, shown)
    }

    fun withdrawNotice() = notices.cancel(NOTICE)

    // Sound and shaking belong to a channel and cannot be changed in it: each choice has a channel of its own,
    // and only the chosen one is there.
    private fun channel(sound: Boolean, vibration: Boolean): String {
        val chosen = "recall-sound-$sound-vibration-$vibration"
        for (other in notices.notificationChannels) {
            if (other.id != chosen) notices.deleteNotificationChannel(other.id)
        }
        val name = applicationInfo.loadLabel(packageManager)
        val channel = NotificationChannel(chosen, name, NotificationManager.IMPORTANCE_HIGH)
        if (sound) {
            val use = AudioAttributes.Builder()
                .setUsage(AudioAttributes.USAGE_NOTIFICATION_EVENT)
                .setContentType(AudioAttributes.CONTENT_TYPE_SONIFICATION)
                .build()
            val tune = RingtoneManager.getDefaultUri(RingtoneManager.TYPE_NOTIFICATION)
            channel.setSound(tune, use)
        } else {
            channel.setSound(null, null)
        }
        channel.enableVibration(vibration)
        if (vibration) channel.vibrationPattern = SHAKE
        notices.createNotificationChannel(channel)
        return chosen
    }

    private companion object {
        // There is one notice at a time.
        const val NOTICE = 1
        const val ASK_TO_NOTIFY = 1
        // Wait, shake, wait, shake. Milliseconds.
        val SHAKE = longArrayOf(0, 200, 100, 200)
    }
}
