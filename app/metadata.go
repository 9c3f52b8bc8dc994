package main

import (
	"fyne.io/fyne/v2"

	"doorstep/assets"
)

// metadata is what FyneApp.toml says of the program; a build by the go command
// alone would not know it.
func metadata() fyne.AppMetadata {
	return fyne.AppMetadata{
		ID:      "cn.doorstep.desk",
		Name:    "Doorstep 家门口办贷",
		Version: "0.1.0",
		Build:   1,
		Icon:    fyne.NewStaticResource("icon.png", assets.AppIcon()),
	}
}
