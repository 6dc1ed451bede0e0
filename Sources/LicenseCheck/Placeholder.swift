enum LicenseCheckPlaceholder {}
