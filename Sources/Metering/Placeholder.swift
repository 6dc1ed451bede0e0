enum MeteringPlaceholder {}
