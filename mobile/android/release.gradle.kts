
// From mobile/android/release.gradle.kts: the Dioxus CLI makes every build number 1 and wants passwords in a
// file.
android {
    defaultConfig {
        versionCode = System.getenv("STANDBY_APP_BUILD").toInt()
    }
    signingConfigs {
        create("standby") {
            storeFile = file(System.getenv("STANDBY_ANDROID_KEYSTORE"))
            storePassword = System.getenv("STANDBY_ANDROID_KEYSTORE_PASSWORD")
            keyAlias = System.getenv("STANDBY_ANDROID_KEY")
            keyPassword = System.getenv("STANDBY_ANDROID_KEY_PASSWORD")
        }
    }
    buildTypes {
        getByName("release") {
            signingConfig = signingConfigs.getByName("standby")
        }
    }
}
