enum FieldsPlaceholder {}
