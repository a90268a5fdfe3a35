package dev.dioxus.main

// The windowing library's own Kotlin asks it whether this is a debug build, and expects it in its own
// package; Gradle makes it in the app's.
typealias BuildConfig = {{identifier_in_kotlin}}.BuildConfig
