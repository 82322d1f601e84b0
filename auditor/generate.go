package auditor

//go:generate go run ./gendocs
