"""The sample configs of the seed texts, to the byte, and a config that uses everything."""

CLASSES = """<View>
  <View style="overflow: auto;">
    <Text name="text" value="$text"/>
  </View>
  <Header value="Smoking Status"/>
  <Choices name="smokingstatus" toName="text" choice="multiple" showInLine="true">
    <Choice value="Smoker"/>
    <Choice value="Past Smoker"/>
    <Choice value="Nonsmoker"/>
  </Choices>
  <Header value="Age"/>
  <Choices name="age" toName="text" choice="single" showInLine="true">
    <Choice value="Child (less than 18y)" hotkey="c"/>
    <Choice value="Adult (19-50y)" hotkey="a"/>
    <Choice value="Aged (50+y)" hotkey="o"/>
  </Choices>
  <Header value="Gender"/>
  <Choices name="gender" toName="text" choice="single" showInLine="true">
    <Choice value="Female" hotkey="f"/>
    <Choice value="Male" hotkey="m"/>
  </Choices>
</View>
"""
TRAIN_GENDER = """<View>
  <View style="overflow: auto;">
    <Text name="text" value="$text"/>
  </View>
  <Header value="Smoking Status"/>
  <Choices name="smokingstatus" toName="text" choice="multiple" showInLine="true">
    ...
  </Choices>
  <Header value="Age"/>
  <Choices name="age" toName="text" choice="single" showInLine="true">
    ...
  </Choices>
  <Header value="Gender"/>
  <Choices name="gender" train="true" toName="text" choice="single" showInLine="true">
   ...
  </Choices>
</View>
"""
ASSERTIONS = """    <Label value="Absent" assertion="true" model="assertion_jsl_annotation_manual.model"/>
    <Label value="Past" assertion="true" model="assertion_jsl_annotation_manual.model"/>
"""
MIXED = f"""<?xml version="1.0"?>
<!-- entities, what is said about them, and one question about the whole -->
<View>
  <Text name="text" value='$text'/>
  <Labels name="label" toName="text">
    <Label value="Symptom" background="#ffcc00" hotkey="1"/>
    <Label
       value="Drug" background="teal" model=""/>
{ASSERTIONS}  </Labels>
  <Relations>
    <Relation value="treats" allowed="Drug>Symptom"/>
    <Relation value="with" allowed="Symptom&lt;>Symptom, Drug&lt;>Drug"/>
  </Relations>
  <Choices name="severity" toName="text" perRegion="true" required="true" requiredMessage="How bad?">
    <Choice value="Mild"/><Choice value="Severe"/>
  </Choices>
  <Choices name="gender" toName="text" choice="single" showInline="true">
    <Choice value="Female" hotkey="f"/>
    <Choice value="Male" hotkey="m"/>
  </Choices>
</View>"""
